import * as pulumi from "@pulumi/pulumi";
import { refusal } from "pulumi-resistant-tenants/internal/guards";
import { type HeldResource, nameOfUrn } from "pulumi-resistant-tenants/internal/own-stack";
import { readReason, reasonRemedy, requiresReason } from "pulumi-resistant-tenants/internal/reason";
import { tenantApplicationType } from "pulumi-resistant-tenants/internal/resource-types";

import type { ChangedCustomer } from "../record/customer-changes";
import { describeChanges } from "../record/declared-customer";
import type { ProgramRun } from "../run/program-run";

/**
 * Ensures that changes in production have a reason. Each resource refuses a change without one, but the
 * engine might already have created or deleted secrets by then. So an `up` that adds or removes applications
 * ends here, before anything is done, and so does one that changes who can read a customer's secrets, for how
 * long, who owns it, or whether it may be deleted. A preview continues, and reports what the `up` will do.
 *
 * @param declared the names of all declared applications, including later generations
 * @param changed the existing customers that this update changes
 * @throws `pulumi.RunError` with what to do
 */
export async function assertChangesHaveReason(
  { settings, environment, held }: Pick<ProgramRun, "settings" | "environment" | "held">,
  declared: readonly string[],
  changed: readonly ChangedCustomer[],
): Promise<void> {
  const read = readReason(settings, environment);
  if ("problem" in read) throw refusal(`TENANTS_REASON ${read.problem}. Nothing was changed.`);
  if (read.reason !== undefined || !requiresReason(settings)) return;
  if (pulumi.runtime.isDryRun()) {
    await pulumi.log.warn(
      `No reason is given: in ${settings.stage}, an up that changes anything stops before it changes anything. ${reasonRemedy}`,
    );
    return;
  }
  const { added, removed } = changedApplications(held, declared);
  const list = [
    ...added.map((name) => `  + ${name}`),
    ...removed.map((name) => `  - ${name}`),
    ...changed
      .filter(({ isCatchingUp }) => !isCatchingUp)
      .map(({ customer, changes }) => `  ~ ${customer}: ${describeChanges(changes)}`),
  ];
  if (list.length === 0) return;
  throw refusal(
    `In ${settings.stage} each change needs a reason, but none is given. Nothing was changed. These changes need it:\n${list.join("\n")}\n${reasonRemedy}`,
  );
}

/** Returns the applications that are declared but not in the state, and the other way round. */
function changedApplications(
  resources: readonly HeldResource[],
  declared: readonly string[],
): { added: string[]; removed: string[] } {
  const wanted = new Set(declared);
  const held = resources
    .filter(({ type }) => type === tenantApplicationType)
    .map(({ urn }) => nameOfUrn(urn));
  const existing = new Set(held);
  return {
    added: declared.filter((name) => !existing.has(name)),
    removed: held.filter((name) => !wanted.has(name)),
  };
}
