import "./no-stack-traces";

import { existsSync } from "node:fs";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { type Clock, openClock } from "pulumi-resistant-tenants/internal/clock";
import {
  assertNothingReveals,
  assertStackEnvironment,
  refusal,
} from "pulumi-resistant-tenants/internal/guards";
import {
  isOnDisk,
  journalMissing,
  journalProblem,
  openJournalOf,
} from "pulumi-resistant-tenants/internal/journal";
import {
  nameOfUrn,
  otherStackNames,
  resourcesOfLastUpdate,
  stackName,
  tenantType,
} from "pulumi-resistant-tenants/internal/own-stack";
import { type Aws, readReach } from "pulumi-resistant-tenants/internal/reach";
import {
  allowedHostsIn,
  type ConfigurationProblem,
  describeProblems,
  type ProviderSettings,
} from "pulumi-resistant-tenants/internal/settings";
import { messageOf } from "pulumi-resistant-tenants/internal/vocabulary";

import { assertAdoptedApplicationsHaveTenants, warnOfNewClientsInAdoptedTenants } from "./preflight/adoption";
import {
  type CustomerConfiguration,
  readConfiguration,
  type StackConfiguration,
} from "./configuration/configuration";
import { tellOfFirstFailure } from "./preflight/continue-on-error";
import { Customer, type CustomerArgs } from "./customer/customer";
import { findChangedCustomers } from "./record/customer-changes";
import { readCustomerFiles } from "./configuration/customer-files";
import type { StackOutputs } from "./outputs/outputs";
import { type PreviewedOutputs, previewedOutputs } from "./outputs/previewed-outputs";
import { AskedApplications } from "./record/asked-applications";
import { type AnnouncedChange, ProgramRecord } from "./record/program-record";
import { assertNoFormerNameIsForgotten } from "./preflight/former-name";
import { assertChangesHaveReason } from "./preflight/reason";
import { Registrations } from "./outputs/registrations";
import { findReleases, release, tellOfHandOvers } from "./handover/release";
import { assertNothingActiveIsRemoved } from "./preflight/removal";
import { freeSecretNames } from "./preflight/secret-names";
import { warnOfChangedSecrets } from "./secret/secret-changes";
import { prepareSecretRemoval } from "./preflight/secret-removal";
import { warnOfMissingPolicyPack } from "./preflight/policy-pack";
import { reportPlan } from "./plan/plan-of-run";
import { customerLocator, projectFolder, sizeWarning } from "./configuration/stack-file";
import { describePlan } from "./rotation/describe";
import type { SlotPlan } from "./rotation/plan";
import { declaredGenerations, planSlots } from "./rotation/plan-slots";
import { endUnaskedChanges } from "./record/unasked-changes";
import { outputsOfUpdate } from "./outputs/update-outputs";

/**
 * The stack's program: configuration, customers, outputs.
 *
 * @throws `pulumi.RunError` with everything that is wrong with the configuration, before anything is created; and in
 * production where a switch is on that writes credentials down
 */
export async function program(): Promise<StackOutputs | PreviewedOutputs> {
  assertNothingReveals();
  const configuration = configurationOfStack();
  const { settings, secretPrefix, quota, customers } = configuration;
  const aws = awsOfProgram();
  const clock = clockOfProgram(settings);
  const provided = customers.filter(isProvided);
  await warnOfSize();
  await warnOfMissingPolicyPack(settings);
  await warnOfQuota(provided.length, quota);
  await assertStackEnvironment();
  await warnOfMissingJournal(settings);
  await assertNothingActiveIsRemoved(customers);
  const plans = await plansOf(provided, clock);
  const generations = [...plans].flatMap(declaredGenerations);
  const held = await resourcesOfLastUpdate();
  const folder = projectFolder(process.cwd());
  await assertNoFormerNameIsForgotten({ configuration, aws, held, folder });
  const record = new ProgramRecord(settings, aws, held);
  const changed = await findChangedCustomers(configuration, provided, held, record.journal);
  await assertChangesHaveReason(settings, generations, changed);
  await assertAdoptedApplicationsHaveTenants(provided);
  await warnOfNewClientsInAdoptedTenants(provided);
  const releases = await findReleases(customers);
  const records = await reportPlan({
    configuration,
    plans,
    changed,
    stackFile: stackFile(folder),
  });
  await tellOfHandOvers(releases);
  const asked = pulumi.runtime.isDryRun() ? {} : { asked: new AskedApplications() };
  const common = { stage: settings.stage, secretPrefix, plans, clock, ...asked };
  const all: CustomerArgs[] = provided.map((customer) => ({
    ...customer,
    ...common,
    record: records.get(customer.name),
  }));
  const blocked = await freeSecretNames(aws, record, all);
  await prepareSecretRemoval(aws, record, all, releases);
  await warnOfChangedSecrets(aws, plans);
  await tellOfFirstFailure(all.length, generations);
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
    provided: provisioned,
    released,
    registrations,
    blocked,
    journal: record.journal,
    onSettled: () => endUnaskedChanges(record, announced, provisioned),
  });
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
  const held = await resourcesOfLastUpdate();
  const stack = stackName();
  const formerNames = otherStackNames(held, stack);
  const journal = openJournalOf({
    stack,
    location,
    directory: process.cwd(),
    formerNames: () => formerNames,
  });
  if (existsSync(journal.location) || !held.some(({ type }) => type === tenantType)) return;
  const isUnderFormerName = formerNames.length > 0 && (await journal.entries()).length > 0;
  if (!isUnderFormerName) await pulumi.log.warn(journalMissing(journal));
}

/** Tells whether a customer is this stack's to provide, and not handed over. */
function isProvided({ status }: CustomerConfiguration): boolean {
  return status !== "released";
}

/** The provider refuses the same, but only when the first tenant's turn comes. */
function journalProblems({ journal, journalDiskIsKept }: ProviderSettings): ConfigurationProblem[] {
  const problem = journalProblem(journal, journalDiskIsKept, process.env);
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
    return openClock(apiUrl, process.env);
  } catch (error) {
    throw refusal(messageOf(error));
  }
}

/** The stack's AWS provider is configured alike. */
function awsOfProgram(): Aws {
  const all = pulumi.runtime.allConfig();
  try {
    return readReach(process.env, (key) => all[`aws:${key}`]).aws;
  } catch (error) {
    throw refusal(messageOf(error));
  }
}

async function warnOfSize(): Promise<void> {
  const warning = sizeWarning(pulumi.runtime.allConfig());
  if (warning !== undefined) await pulumi.log.warn(warning);
}

/** The stack's file: the one that the environment names, else the one beside `Pulumi.yaml`. */
function stackFile(folder: string): string {
  const given = process.env["PULUMI_OPTION_CONFIG_FILE"] ?? "";
  return given === "" ? path.join(folder, `Pulumi.${pulumi.getStack()}.yaml`) : path.resolve(folder, given);
}

function configurationOfStack(): StackConfiguration {
  const prefix = "tenants:";
  const all = pulumi.runtime.allConfig();
  const values = new Map(
    Object.entries(all).flatMap(([key, value]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), value] as const] : [],
    ),
  );
  const folder = projectFolder(process.cwd());
  const read = readConfiguration(values, {
    awsRegion: all["aws:region"],
    otherKeys: Object.keys(all).filter((key) => !key.startsWith(prefix)),
    readFiles: (pattern) => readCustomerFiles(pattern, folder),
    locate: customerLocator(stackFile(folder)),
    allowedHosts: allowedHostsIn(process.env),
    aws: (key) => all[`aws:${key}`],
  });
  const problems = "problems" in read ? read.problems : journalProblems(read.configuration.settings);
  if ("problems" in read || problems.length > 0) throw refusal(describeProblems(problems));
  return read.configuration;
}
