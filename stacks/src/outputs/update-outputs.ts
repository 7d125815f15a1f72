import * as pulumi from "@pulumi/pulumi";
import type { CustomerRecord } from "pulumi-resistant-tenants";
import { refusal } from "pulumi-resistant-tenants/internal/guards";
import type { Journal } from "pulumi-resistant-tenants/internal/journal";
import { type HeldResource, nameOfUrn } from "pulumi-resistant-tenants/internal/own-stack";
import { customerOf } from "pulumi-resistant-tenants/internal/vocabulary";

import type { NamedResource } from "../values/describe-resource";
import { lastRecordsIn } from "../values/last-records";
import { failureReasons } from "./failure-reasons";
import { describeFailedUpdate } from "./failure-summary";
import { leftOutCustomers, partOfOperation, undeclaredCustomers, wholeStack } from "./left-out-customers";
import {
  type Provided,
  recordedOutputs,
  type SettledRecords,
  settleRecords,
  type StackOutputs,
} from "./outputs";
import type { Registrations } from "./registrations";

/** The declaration of an update. */
export interface DeclaredUpdate {
  /** The resources of the stack at the end of its last update. */
  held: readonly HeldResource[];
  provided: readonly Provided[];
  /** The records of the customers that were handed over. */
  released: readonly CustomerRecord[];
  registrations: Registrations;
  /** Resources that could not be declared, with the reason: they failed before the engine knew of them. */
  blocked: ReadonlyMap<NamedResource, string>;
  /** The journal, which contains the reasons of failures. */
  journal: Journal;
  /** The variables of this run's environment. */
  environment: Readonly<Record<string, string | undefined>>;
  /** Called once each resource was registered or has failed, and before the program ends. */
  onSettled: () => Promise<void>;
}

/**
 * Waits for the outputs of an update. If a resource failed, the outputs of the other customers are still
 * recorded, and the program ends as failed: the engine then deletes nothing.
 */
export async function outputsOfUpdate(update: DeclaredUpdate): Promise<StackOutputs> {
  const { held, provided, released, registrations, blocked, journal, environment, onSettled } = update;
  const failing = registrations.failed();
  const last = lastRecordsIn(held);
  const [failed, settled] = await Promise.all([
    failing,
    settleRecords(
      provided,
      Promise.resolve(last),
      failing.then(
        (resources) => new Set([...blocked.keys(), ...resources].map(({ name }) => customerOf(name))),
      ),
    ),
  ]);
  await onSettled();
  const handedOver = new Set(released.map(({ name }) => name));
  const declared = new Set([...provided.map(({ args }) => args.name), ...handedOver]);
  const undeclared = undeclaredCustomers(held, declared);
  const outputsWith = (kept: readonly string[]): StackOutputs =>
    recordedOutputs([...settled.records, ...released, ...kept.flatMap((name) => last.get(name) ?? [])]);
  if (failed.length + blocked.size === 0) {
    const part = undeclared.length === 0 ? wholeStack : await partOfOperation(environment);
    const leftOut = leftOutCustomers(undeclared, held, part);
    await tellOfLeftOut(settled, part.isRefresh ? [] : leftOut);
    return outputsWith(leftOut);
  }
  endAsFailed(
    describeFailedUpdate({
      failed: [...blocked.keys(), ...failed],
      reasons: new Map([...blocked, ...(await failureReasons(journal, failed, registrations.startedAt))]),
      customers: provided.length,
      declared: [...registrations.declared, ...blocked.keys()],
      held: held.filter(({ urn }) => !handedOver.has(customerOf(nameOfUrn(urn)))),
      notRecorded: settled.notRecorded,
    }),
  );
  return outputsWith(undeclared);
}

/** Lets the program end as failed after it has returned its outputs: if it threw, none would be registered. */
function endAsFailed(message: string): void {
  void Promise.reject(refusal(message));
}

/** @param leftOut the customers that are no longer declared, and stay in the state nevertheless */
async function tellOfLeftOut({ notRecorded }: SettledRecords, leftOut: readonly string[]): Promise<void> {
  const all = [...notRecorded, ...leftOut.map((name) => [name, "kept"] as const)];
  if (all.length === 0) return;
  const lines = all.map(([name, record]) =>
    record === "kept" ? `  - ${name}: still the last record` : `  - ${name}: not in the outputs yet`,
  );
  await pulumi.log.warn(
    `This update left out resources (--target, --exclude), so the record of these customers is not up to date:\n${lines.join("\n")}\n` +
      "Run `pulumi up` without these options.",
  );
}
