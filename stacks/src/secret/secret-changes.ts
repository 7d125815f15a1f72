import * as pulumi from "@pulumi/pulumi";
import { messageOf, typedCommand } from "pulumi-resistant-tenants/internal/vocabulary";

import type { ProgramRun } from "../program-run";
import type { SlotPlan } from "../rotation/plan";
import { askAws } from "./aws-access";
import { type ChangedSecret, findChangedSecrets, repairOf, storedVersions } from "./changed-secrets";

/** As a user types them: in a program nobody knows with which flags it was started. */
const typed = {
  pulumi: (args: readonly string[]) => typedCommand(["pulumi", ...args]),
  tenants: (args: readonly string[]) => typedCommand(["npm", "run", "tenants", "--", ...args]),
};

/**
 * Warns in a preview of secrets that somebody has changed in AWS, past this stack. Neither a preview nor an `up` sees
 * that by itself: both compare with the state. Where AWS cannot be asked, it says so, and the preview goes on.
 *
 * @param plans of the slots that are declared: those that go are not asked for
 */
export async function warnOfChangedSecrets(
  { aws, held }: Pick<ProgramRun, "aws" | "held">,
  plans: ReadonlyMap<string, SlotPlan>,
): Promise<void> {
  if (!pulumi.runtime.isDryRun()) return;
  const stored = storedVersions(held).filter(({ slot }) => plans.has(slot));
  if (stored.length === 0) return;
  try {
    const changed = await askAws(aws, (secrets) => findChangedSecrets(secrets, stored));
    if (changed.length > 0) await pulumi.log.warn(describe(changed, plans));
  } catch (error) {
    await pulumi.log.warn(
      `Whether the secrets in AWS are still as this stack stored them could not be found out: ${messageOf(error)} ` +
        "(it takes secretsmanager:DescribeSecret).",
    );
  }
}

function describe(changed: readonly ChangedSecret[], plans: ReadonlyMap<string, SlotPlan>): string {
  const isRotated = ({ slot, generation, change }: ChangedSecret): boolean =>
    change === "overwritten" && plans.get(slot)?.current.generation !== generation;
  const lines = changed.flatMap((secret) => [
    `  - ${secret.slot}: ${secret.why}`,
    `      ${isRotated(secret) ? "this update stores a new credential in it" : repairOf(secret, typed)}`,
  ]);
  return (
    `Secrets were changed in AWS outside this stack:\n${lines.join("\n")}\n` +
    "The command repairs it; `pulumi up` without it does not. `--replace` stores the credential of the state again: what is there now stays as AWSPREVIOUS."
  );
}
