import { existsSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { type Clock, openClock } from "pulumi-resistant-tenants/clock";
import { assertStackEnvironment, refusal } from "pulumi-resistant-tenants/guards";
import { isOnDisk, journalMissing, journalProblem, openJournalOf } from "pulumi-resistant-tenants/journal";
import { nameOfUrn, resourcesOfLastUpdate, stackName, tenantType } from "pulumi-resistant-tenants/own-stack";
import {
  type ConfigurationProblem,
  describeProblems,
  type ProviderSettings,
} from "pulumi-resistant-tenants/settings";
import { messageOf } from "pulumi-resistant-tenants/vocabulary";

import { assertAdoptedApplicationsHaveTenants } from "./adoption-guard";
import { type CustomerConfiguration, readConfiguration, type StackConfiguration } from "./configuration";
import { Customer, type CustomerArgs } from "./customer";
import { findChangedCustomers } from "./customer-changes";
import { type StackOutputs, toOutputs } from "./outputs";
import { ProgramRecord } from "./program-record";
import { assertChangesHaveReason } from "./reason-guard";
import { findReleases, release } from "./release";
import { assertNothingActiveIsRemoved } from "./removal-guard";
import { freeSecretNames } from "./secret-names";
import { prepareSecretRemoval } from "./secret-removal";
import { describePlan } from "./rotation/describe";
import type { SlotPlan } from "./rotation/plan";
import { declaredGenerations, planSlots } from "./rotation/plan-slots";

/**
 * The stack's program: configuration, customers, outputs.
 *
 * @throws `pulumi.RunError` with everything that is wrong with the configuration, before anything is created
 */
export async function program(): Promise<StackOutputs> {
  const configuration = configurationOfStack();
  const { settings, secretPrefix, quota, customers } = configuration;
  const clock = clockOfProgram(settings);
  const provided = customers.filter(isProvided);
  await warnOfQuota(provided.length, quota);
  await assertStackEnvironment();
  await warnOfMissingJournal(settings);
  await assertNothingActiveIsRemoved(customers);
  const plans = await plansOf(provided, clock);
  const record = new ProgramRecord(settings);
  const changed = await findChangedCustomers(
    configuration,
    provided,
    await resourcesOfLastUpdate(),
    record.journal,
  );
  await assertChangesHaveReason(settings, [...plans].flatMap(declaredGenerations), changed);
  await assertAdoptedApplicationsHaveTenants(provided);
  const releases = await findReleases(customers);
  const common = { stage: settings.stage, secretPrefix, plans, clock };
  const wanted: CustomerArgs[] = provided.map((customer) => ({ ...customer, ...common }));
  await freeSecretNames(record, wanted);
  await prepareSecretRemoval(record, wanted, releases);
  const announced = pulumi.runtime.isDryRun() ? new Map<string, string>() : await record.announce(changed);
  const all = wanted.map((args): CustomerArgs => {
    const changeIntent = announced.get(args.name);
    return changeIntent === undefined ? args : { ...args, changeIntent };
  });
  return toOutputs(
    all.map((args) => ({ args, customer: new Customer(args) })),
    await Promise.all(releases.map(release)),
  );
}

/** The API tells its quota to nobody, and refuses the create that goes past it. */
async function warnOfQuota(declared: number, quota: number): Promise<void> {
  if (declared <= quota) return;
  await pulumi.log.warn(
    `${declared} customers are declared, and the organization's quota is ${quota} tenants (tenants:quota): the vendor will most likely refuse the rest. ` +
      "Ask the vendor to raise the quota, then run `pulumi config set tenants:quota <number>`.",
  );
}

/** A journal on the disk stays behind where another machine goes on with the stack. */
async function warnOfMissingJournal({ journal: location }: ProviderSettings): Promise<void> {
  if (!isOnDisk(location)) return;
  const journal = openJournalOf({ stack: stackName(), location, directory: process.cwd() });
  if (existsSync(journal.location)) return;
  const holdsTenants = (await resourcesOfLastUpdate()).some(({ type }) => type === tenantType);
  if (holdsTenants) await pulumi.log.warn(journalMissing(journal));
}

/** Tells whether a customer is this stack's to provide, and not handed over. */
function isProvided({ status }: CustomerConfiguration): boolean {
  return status !== "released";
}

/** The provider refuses the same, but only when the first tenant's turn comes. */
function journalProblems({ journal, journalDiskIsKept }: ProviderSettings): ConfigurationProblem[] {
  const problem = journalProblem(journal, journalDiskIsKept);
  return problem === undefined ? [] : [{ path: "tenants:journal", problem }];
}

/** Plans what becomes of all credentials, and says so in the preview. */
async function plansOf(
  customers: readonly CustomerConfiguration[],
  clock: Clock,
): Promise<ReadonlyMap<string, SlotPlan>> {
  const held = (await resourcesOfLastUpdate()).map(({ urn, type, outputs }) => ({
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

function clockOfProgram({ apiUrl }: ProviderSettings): Clock {
  try {
    return openClock(apiUrl);
  } catch (error) {
    throw refusal(messageOf(error));
  }
}

function configurationOfStack(): StackConfiguration {
  const prefix = "tenants:";
  const all = pulumi.runtime.allConfig();
  const values = new Map(
    Object.entries(all).flatMap(([key, value]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), value] as const] : [],
    ),
  );
  const read = readConfiguration(values, all["aws:region"]);
  const problems = "problems" in read ? read.problems : journalProblems(read.configuration.settings);
  if ("problems" in read || problems.length > 0) throw refusal(describeProblems(problems));
  return read.configuration;
}
