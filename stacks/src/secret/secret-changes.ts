import * as pulumi from "@pulumi/pulumi";
import { messageOf, typedCommand } from "pulumi-resistant-tenants/internal/vocabulary";

import type { SlotPlan } from "../rotation/plan";
import type { ProgramRun } from "../run/program-run";
import { askAws } from "./aws-access";
import { type ChangedSecret, findChangedSecrets, repairOf, storedVersions } from "./changed-secrets";

/** The commands as a user types them: a program does not know with which flags it was started. */
const typed = {
  pulumi: (args: readonly string[]) => typedCommand(["pulumi", ...args]),
  tenants: (args: readonly string[]) => typedCommand(["npm", "run", "tenants", "--", ...args]),
};

/**
 * Warns in a preview about secrets that were changed in AWS, outside this stack. A preview and an `up` do not
 * detect that themselves: both compare with the state. If AWS cannot be called, it reports that, and the
 * preview continues.
 *
 * @param plans of the declared slots: others are not checked
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
      `Could not check whether the secrets in AWS are as this stack stored them: ${messageOf(error)} ` +
        "(this needs secretsmanager:DescribeSecret).",
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
    "These commands repair them; `pulumi up` alone does not. `--replace` stores the state's credential again: the present value stays as AWSPREVIOUS."
  );
}
