import type { Stage } from "pulumi-resistant-tenants";
import { heldBeforeOf, knownBeforeOf } from "pulumi-resistant-tenants/internal/held-before";
import type { Journal } from "pulumi-resistant-tenants/internal/journal";
import {
  findHeld,
  type HeldResource,
  nameOfUrn,
  tenantType,
} from "pulumi-resistant-tenants/internal/own-stack";
import { customerType } from "pulumi-resistant-tenants/internal/resource-types";
import { stageTable } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import {
  type CustomerConfiguration,
  readRecordedConfiguration,
  type StackConfiguration,
} from "../configuration/configuration";
import { packed } from "../values/packed";
import { changesOnRecord, withChangesOnRecord } from "./changes-on-record";
import {
  changesOf,
  type CustomerChanges,
  type DeclaredCustomer,
  declaredOutput,
  toDeclared,
} from "./declared-customer";

/** This update's change of a customer. */
export interface ChangedCustomer {
  customer: string;
  tenantId: string | undefined;
  /** `deprecate` and `activate` decide whether it may be deleted in production. */
  operation: "change" | "deprecate" | "activate";
  changes: CustomerChanges;
  /** Its former settings; undefined if unknown, or not compared. */
  before: DeclaredCustomer | undefined;
  /** Whether it only records what is already the case: it needs no reason. */
  isCatchingUp: boolean;
}

const declaredSchema = packed(
  z.custom<DeclaredCustomer>((value) => typeof value === "object" && value !== null && !Array.isArray(value)),
);

/** A stack before an update. */
export interface StackBefore {
  /** `organization/project/stack`. */
  stack: string;
  /** The resources of the stack at the end of its last update. */
  held: readonly HeldResource[];
  /** Read only if a customer is deprecated, or is new with an existing tenant. */
  journal: Journal;
}

/**
 * Finds this update's changes of existing customers: for added or removed ones, the tenants and applications
 * are on record. In production it also finds customers whose status on record differs from the declared one,
 * such as one that an earlier release deprecated.
 */
export async function findChangedCustomers(
  { settings, secretPrefix }: StackConfiguration,
  customers: readonly CustomerConfiguration[],
  { stack, held, journal }: StackBefore,
): Promise<ChangedCustomer[]> {
  const declaredBefore = lastDeclared(held);
  const changesSince = (before: DeclaredCustomer, configuration: CustomerConfiguration) =>
    changesOf(before, toDeclared(configuration, secretPrefix));
  const differing = customers.flatMap((configuration) => {
    const before = declaredBefore.get(configuration.name);
    return before !== undefined && changesSince(before, configuration) !== undefined
      ? [{ configuration, before }]
      : [];
  });
  const events =
    differing.length === 0
      ? []
      : await journal.read(({ type }) => type === "Customer", heldBeforeOf(held)?.last);
  const made = changesOnRecord(events, stack);
  const found = differing.flatMap(({ configuration, before }): Array<Omit<ChangedCustomer, "tenantId">> => {
    const { name, status } = configuration;
    const place = { customer: name, ...tenantIdOf(name, held) };
    const onRecord = withChangesOnRecord(before, made, place);
    const changes = changesSince(onRecord, configuration);
    if (changes === undefined) return [];
    const isOfStatus = changes.before["status"] !== changes.after["status"];
    const operation = !isOfStatus ? "change" : status === "deprecated" ? "deprecate" : "activate";
    return [{ customer: name, operation, changes, before: onRecord, isCatchingUp: false }];
  });
  const changed = new Set(found.map(({ customer }) => customer));
  const rest = customers.filter(({ name }) => !changed.has(name));
  // The create of its tenant ends the record of an earlier customer of that name.
  const inQuestion = rest.filter(
    ({ name, status }) =>
      status === "deprecated" || (!declaredBefore.has(name) && tenantIdOf(name, held).tenantId !== undefined),
  );
  const caughtUp = await statusesToCatchUp(settings.stage, inQuestion, { stack, held, journal });
  return [...found, ...caughtUp].map((one) => ({ ...one, ...tenantIdOf(one.customer, held) }));
}

async function statusesToCatchUp(
  stage: Stage,
  inQuestion: readonly CustomerConfiguration[],
  { stack, held, journal }: StackBefore,
): Promise<Array<Omit<ChangedCustomer, "tenantId">>> {
  if (!stageTable[stage].isProtected || inQuestion.length === 0) return [];
  // A component says that its customer is deprecated once that is on record, so the journal's end is enough
  // if it agrees with the state. An earlier release wrote no such event: then everything is read.
  const areOnRecord = inQuestion.every(({ name, status }) => statusInComponent(name, held) === status);
  const memory = await journal.remember(areOnRecord ? knownBeforeOf(held, stack) : undefined);
  if (areOnRecord && memory.isOfEnd) return [];
  return inQuestion.flatMap(({ name, status }): Array<Omit<ChangedCustomer, "tenantId">> => {
    const recorded = memory.statusOf({ stack, customer: name });
    if ((recorded ?? "active") === status) return [];
    return [
      {
        customer: name,
        operation: status === "deprecated" ? "deprecate" : "activate",
        changes: { before: { status: recorded ?? null }, after: { status } },
        before: undefined,
        isCatchingUp: true,
      },
    ];
  });
}

function statusInComponent(customer: string, held: readonly HeldResource[]): unknown {
  const outputs = findHeld(held, customerType, customer)?.outputs;
  return declaredSchema.safeParse(outputs?.[declaredOutput]).data?.["status"];
}

function tenantIdOf(customer: string, held: readonly HeldResource[]): { tenantId: string | undefined } {
  const tenantId = findHeld(held, tenantType, customer)?.outputs["tenantId"];
  return { tenantId: typeof tenantId === "string" ? tenantId : undefined };
}

/**
 * Returns each customer's declared settings at the end of the last update: from its component or, in a state
 * of a release without them, from the configuration of the last `up`.
 */
function lastDeclared(held: readonly HeldResource[]): Map<string, DeclaredCustomer> {
  const components = held.filter(({ type }) => type === customerType);
  if (components.length === 0) return new Map();
  const configured = components.some(({ outputs }) => outputs[declaredOutput] === undefined)
    ? lastConfigured(held)
    : new Map<string, DeclaredCustomer>();
  return new Map(
    components.flatMap(({ urn, outputs }) => {
      const name = nameOfUrn(urn);
      const declared = declaredSchema.safeParse(outputs[declaredOutput]).data ?? configured.get(name);
      return declared === undefined ? [] : [[name, declared] as const];
    }),
  );
}

/** The engine stores the configuration of the last `up` with the provider of our resources. */
function lastConfigured(held: readonly HeldResource[]): Map<string, DeclaredCustomer> {
  const provider = held.find(({ type }) => type === "pulumi:providers:pulumi-nodejs");
  const prefix = "tenants:";
  const values = new Map(
    Object.entries(provider?.outputs ?? {}).flatMap(([key, value]) =>
      key.startsWith(prefix) && typeof value === "string" ? [[key.slice(prefix.length), value] as const] : [],
    ),
  );
  const region = provider?.outputs["aws:region"];
  const read = readRecordedConfiguration(values, {
    awsRegion: typeof region === "string" ? region : undefined,
  });
  if (read === undefined) return new Map();
  const { customers, secretPrefix } = read;
  return new Map(customers.map((customer) => [customer.name, toDeclared(customer, secretPrefix)]));
}
