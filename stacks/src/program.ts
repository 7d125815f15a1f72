import "./no-stack-traces";

import { existsSync } from "node:fs";

import * as pulumi from "@pulumi/pulumi";
import type { Clock } from "pulumi-resistant-tenants/internal/clock";
import { assertNothingReveals, assertStackEnvironment } from "pulumi-resistant-tenants/internal/guards";
import { knownBeforeOf } from "pulumi-resistant-tenants/internal/held-before";
import {
  isOnDisk,
  isOnRecord,
  journalMissing,
  journalOutdated,
} from "pulumi-resistant-tenants/internal/journal";
import { ownProcess } from "pulumi-resistant-tenants/internal/own-process";
import {
  type HeldResource,
  nameOfUrn,
  otherStackNames,
  resourcesOfLastUpdate,
  tenantType,
} from "pulumi-resistant-tenants/internal/own-stack";

import type { CustomerConfiguration } from "./configuration/configuration";
import { sizeWarning } from "./configuration/stack-file";
import { Customer, type CustomerArgs } from "./customer/customer";
import { findReleases, release, tellOfHandOvers } from "./handover/release";
import type { StackOutputs } from "./outputs/outputs";
import { type PreviewedOutputs, previewedOutputs } from "./outputs/previewed-outputs";
import { Registrations } from "./outputs/registrations";
import { endUnaskedChanges } from "./outputs/unasked-changes";
import { outputsOfUpdate } from "./outputs/update-outputs";
import { reportPlan } from "./plan/plan-of-run";
import { assertAdoptedApplicationsHaveTenants, warnOfNewClientsInAdoptedTenants } from "./preflight/adoption";
import { tellOfFirstFailure } from "./preflight/continue-on-error";
import { assertNoFormerNameIsForgotten } from "./preflight/former-name";
import { warnOfMissingPolicyPack } from "./preflight/policy-pack";
import { assertChangesHaveReason } from "./preflight/reason";
import { assertNothingActiveIsRemoved } from "./preflight/removal";
import { freeSecretNames } from "./preflight/secret-names";
import { prepareSecretRemoval } from "./preflight/secret-removal";
import { AskedApplications } from "./record/asked-applications";
import { findChangedCustomers } from "./record/customer-changes";
import type { AnnouncedChange } from "./record/program-record";
import { declaredGenerations, planSlots } from "./rotation";
import { describePlan } from "./rotation/describe";
import type { SlotPlan } from "./rotation/plan";
import { beginRun, type ProgramRun, startProgram } from "./run/program-run";
import { warnOfChangedSecrets } from "./secret/secret-changes";

/**
 * The stack's program: configuration, customers, outputs.
 *
 * @throws `pulumi.RunError` with all problems of the configuration, before anything is created; and in
 * production if a switch that writes credentials is on
 */
export async function program(): Promise<StackOutputs | PreviewedOutputs> {
  assertNothingReveals();
  const start = startProgram(ownProcess());
  const { settings, configuration, clock, stackFile } = start;
  const { secretPrefix, quota, customers } = configuration;
  const provided = customers.filter(isProvided);
  await warnOfSize();
  await warnOfMissingPolicyPack(start);
  await warnOfQuota(provided.length, quota);
  await assertStackEnvironment();
  const run = beginRun(start, await resourcesOfLastUpdate());
  const { environment, held, record } = run;
  await warnOfOtherJournal(run);
  assertNothingActiveIsRemoved(held, customers);
  const plans = await plansOf(held, provided, clock);
  const generations = [...plans].flatMap(declaredGenerations);
  await assertNoFormerNameIsForgotten(run);
  const changed = await findChangedCustomers(configuration, provided, {
    stack: run.stack,
    held,
    journal: record.journal,
  });
  await assertChangesHaveReason(run, generations, changed);
  assertAdoptedApplicationsHaveTenants(held, provided);
  await warnOfNewClientsInAdoptedTenants(held, provided);
  const releases = await findReleases(held, customers);
  const records = await reportPlan({ configuration, plans, changed, environment, held, stackFile });
  await tellOfHandOvers(releases);
  const asked = pulumi.runtime.isDryRun() ? {} : { asked: new AskedApplications() };
  const common = { stage: settings.stage, secretPrefix, plans, clock, ...asked };
  const all: CustomerArgs[] = provided.map((customer) => ({
    ...customer,
    ...common,
    record: records.get(customer.name),
  }));
  const blocked = await freeSecretNames(run, all);
  await prepareSecretRemoval(run, all, releases);
  await warnOfChangedSecrets(run, plans);
  await tellOfFirstFailure(run, all.length, generations);
  const blockedSlots = new Set([...blocked.keys()].map(({ name }) => name));
  const announced = pulumi.runtime.isDryRun()
    ? new Map<string, AnnouncedChange>()
    : await record.announce(changed);
  const registrations = Registrations.watch();
  const provisioned = all.map((args) => {
    const change = announced.get(args.name);
    const announcedChange = change === undefined ? {} : { change };
    return { args, customer: new Customer({ ...args, ...announcedChange, blockedSlots }) };
  });
  const released = releases.map(release);
  if (pulumi.runtime.isDryRun()) return previewedOutputs(provisioned, released, held);
  return outputsOfUpdate({
    held,
    provided: provisioned,
    released,
    registrations,
    blocked,
    journal: record.journal,
    environment,
    onSettled: () => endUnaskedChanges(run, announced, provisioned),
  });
}

/** The API does not report its quota, and refuses the create that exceeds it. */
async function warnOfQuota(declared: number, quota: number): Promise<void> {
  if (declared <= quota) return;
  await pulumi.log.warn(
    `${declared} customers are declared, and the organization's quota is ${quota} tenants (tenants:quota): the vendor will most likely refuse the rest. ` +
      "Ask the vendor to raise the quota, then run `pulumi config set tenants:quota <number>`.",
  );
}

/**
 * A journal on the disk is missing if another machine continues with the stack, and lacks its end if git or a backup
 * restored an earlier version.
 */
async function warnOfOtherJournal({ settings, stack, held, record }: ProgramRun): Promise<void> {
  const { journal } = record;
  if (!isOnDisk(settings.journal) || !held.some(({ type }) => type === tenantType)) return;
  const isRenamed = otherStackNames(held, stack).length > 0;
  if (!existsSync(journal.location)) {
    const isUnderFormerName = isRenamed && (await journal.entries()).length > 0;
    if (!isUnderFormerName) await pulumi.log.warn(journalMissing(journal));
    return;
  }
  // What came from another stack is in that one's journal.
  const last = isRenamed ? undefined : knownBeforeOf(held, stack)?.last;
  if (last === undefined) return;
  // What cannot be read stops the update, which names the line.
  const isWhole = await isOnRecord(journal, last).catch(() => true);
  if (!isWhole) await pulumi.log.warn(journalOutdated(journal, last));
}

/** Returns whether this stack provides a customer, which has not been handed over. */
function isProvided({ status }: CustomerConfiguration): boolean {
  return status !== "released";
}

/** Plans the generations of all credentials, and prints the changes in a preview. */
async function plansOf(
  resources: readonly HeldResource[],
  customers: readonly CustomerConfiguration[],
  clock: Clock,
): Promise<ReadonlyMap<string, SlotPlan>> {
  const held = resources.map(({ urn, type, outputs }) => ({
    type,
    name: nameOfUrn(urn),
    outputs,
  }));
  const plans = await planSlots(customers, held, clock().getTime());
  for (const [slot, plan] of plans) {
    for (const line of describePlan(slot, plan)) await pulumi.log.info(line);
  }
  return plans;
}

async function warnOfSize(): Promise<void> {
  const warning = sizeWarning(pulumi.runtime.allConfig());
  if (warning !== undefined) await pulumi.log.warn(warning);
}
