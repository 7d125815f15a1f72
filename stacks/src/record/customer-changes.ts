import type { Stage } from "pulumi-resistant-tenants";
import { heldBeforeOf } from "pulumi-resistant-tenants/internal/held-before";
import type { Journal } from "pulumi-resistant-tenants/internal/journal";
import { type HeldResource, nameOfUrn, tenantType } from "pulumi-resistant-tenants/internal/own-stack";
import { stageTable } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import {
  type CustomerConfiguration,
  readRecordedConfiguration,
  type StackConfiguration,
} from "../configuration/configuration";
import { customerType } from "../customer/customer";
import {
  changesOf,
  type CustomerChanges,
  type DeclaredCustomer,
  declaredOutput,
  toDeclared,
} from "../customer/declared-customer";
import { withChangesOnRecord } from "./changes-on-record";

/** What this update changes of a customer. */
export interface ChangedCustomer {
  customer: string;
  tenantId: string | undefined;
  /** `deprecate` and `activate` decide whether it may be deleted in production. */
  operation: "change" | "deprecate" | "activate";
  changes: CustomerChanges;
  /** What was declared of it before; undefined where that is not known, or not compared. */
  before: DeclaredCustomer | undefined;
  /** Whether it is only put on record what is so already: it needs no reason. */
  isCatchingUp: boolean;
}

const declaredSchema = z.custom<DeclaredCustomer>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
);

/** What a stack has before an update. */
export interface StackBefore {
  /** `organization/project/stack`. */
  stack: string;
  /** What it held when its last update ended. */
  held: readonly HeldResource[];
  /** It is read only where a customer is deprecated, or is new and its tenant is not. */
  journal: Journal;
}

/**
 * Finds what this update changes of customers that the stack has: of those that it adds or removes, the tenants and
 * applications are on record. In production it also finds those whose status on record is not the one that is declared:
 * such as a customer that an earlier release deprecated.
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
  const found = differing.flatMap(({ configuration, before }): Array<Omit<ChangedCustomer, "tenantId">> => {
    const { name, status } = configuration;
    const place = { stack, customer: name, ...tenantIdOf(name, held) };
    const onRecord = withChangesOnRecord(before, events, place);
    const changes = changesSince(onRecord, configuration);
    if (changes === undefined) return [];
    const isOfStatus = changes.before["status"] !== changes.after["status"];
    const operation = !isOfStatus ? "change" : status === "deprecated" ? "deprecate" : "activate";
    return [{ customer: name, operation, changes, before: onRecord, isCatchingUp: false }];
  });
  const rest = customers.filter(({ name }) => !found.some(({ customer }) => customer === name));
  // The create of its tenant ends what is on record of an earlier customer of that name.
  const inQuestion = rest.filter(
    ({ name, status }) =>
      status === "deprecated" || (!declaredBefore.has(name) && tenantIdOf(name, held).tenantId !== undefined),
  );
  const caughtUp = await statusesToCatchUp(settings.stage, inQuestion, { stack, journal });
  return [...found, ...caughtUp].map((changed) => ({ ...changed, ...tenantIdOf(changed.customer, held) }));
}

async function statusesToCatchUp(
  stage: Stage,
  inQuestion: readonly CustomerConfiguration[],
  { stack, journal }: Pick<StackBefore, "stack" | "journal">,
): Promise<Array<Omit<ChangedCustomer, "tenantId">>> {
  if (!stageTable[stage].isProtected || inQuestion.length === 0) return [];
  // The state cannot tell it: a customer's status is on record wherever it was changed last, which may be anywhere before
  // the last create. So all is read, in one pass, of which the memory keeps the little that can be asked for.
  const memory = await journal.remember();
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

function tenantIdOf(customer: string, held: readonly HeldResource[]): { tenantId: string | undefined } {
  const tenant = held.find(({ type, urn }) => type === tenantType && nameOfUrn(urn) === customer);
  const tenantId = tenant?.outputs["tenantId"];
  return { tenantId: typeof tenantId === "string" ? tenantId : undefined };
}

/**
 * Gives what was declared of each customer when the last update ended: as its component has it, or, in a state of a
 * release that kept none there, as the configuration of the last `up` says.
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

/** The engine keeps the configuration of the last `up` with the provider of our resources. */
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
