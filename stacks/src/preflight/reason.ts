import * as pulumi from "@pulumi/pulumi";
import { refusal } from "pulumi-resistant-tenants/internal/guards";
import { type HeldResource, nameOfUrn } from "pulumi-resistant-tenants/internal/own-stack";
import { readReason, reasonRemedy, requiresReason } from "pulumi-resistant-tenants/internal/reason";
import { tenantApplicationType } from "pulumi-resistant-tenants/internal/resource-types";

import { describeChanges } from "../customer/declared-customer";
import type { ProgramRun } from "../program-run";
import type { ChangedCustomer } from "../record/customer-changes";

/**
 * Sees to it that changes in production have a reason. The resources refuse a change without one, each by itself; but
 * beside them the engine would already have made or deleted secrets. So an `up` that adds or removes applications ends
 * here, before anything is done, and so does one that changes who can read a customer's secrets, for how long, whose it
 * is, or whether it may be deleted. A preview goes on, and says what the `up` will do.
 *
 * @param declared the names of all applications that are declared, those of later generations too
 * @param changed the customers that the stack has and that this update changes
 * @throws `pulumi.RunError` with the remedy
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
      `No reason is given: an up of this stack that changes anything will stop before it does, since it is in ${settings.stage}. ${reasonRemedy}`,
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
    `In ${settings.stage} each change needs a reason, and none is given. Nothing was changed; this would:\n${list.join("\n")}\n${reasonRemedy}`,
  );
}

/** The applications that are declared and not held, and those that are held and no longer declared. */
function changedApplications(
  resources: readonly HeldResource[],
  declared: readonly string[],
): { added: string[]; removed: string[] } {
  const held = resources
    .filter(({ type }) => type === tenantApplicationType)
    .map(({ urn }) => nameOfUrn(urn));
  return {
    added: declared.filter((name) => !held.includes(name)),
    removed: held.filter((name) => !declared.includes(name)),
  };
}
