import type { Stage } from "pulumi-resistant-tenants";
import { type HeldResource, nameOfUrn, tenantType } from "pulumi-resistant-tenants/internal/own-stack";
import { secretType } from "pulumi-resistant-tenants/internal/resource-types";
import {
  customerOf,
  groupBy,
  readApplicationName,
  slotName,
} from "pulumi-resistant-tenants/internal/vocabulary";

import { type CustomerConfiguration } from "../configuration/configuration";
import type { ChangedCustomer } from "../record/customer-changes";
import { type HeldGeneration, heldGenerations } from "../rotation/held-generations";
import type { SlotPlan } from "../rotation/plan";
import { differences } from "../rotation/specification";
import { secretName } from "../secret/stored-secret";
import { lastRecordsIn } from "../values/last-records";
import type { Consequence } from "./consequence";
import { customerConsequences } from "./customer-consequences";

/** An update's declaration, and the stack before it. */
export interface Situation {
  stage: Stage;
  secretPrefix: string;
  /** All declared customers. */
  customers: readonly CustomerConfiguration[];
  /** The plans of the provided customers' generations, by slot. */
  plans: ReadonlyMap<string, SlotPlan>;
  /** The resources of the stack at the end of its last update. */
  held: readonly HeldResource[];
  /** The declared changes of existing customers. */
  changed: readonly ChangedCustomer[];
}

/** A declared application. */
interface Slot {
  slot: string;
  customer: CustomerConfiguration;
  application: CustomerConfiguration["applications"][number];
}

/**
 * Finds the consequences of an update that the engine's own rows do not show: what stops working for
 * programs, and which creates are adoptions. Hand-overs have their own message. Unchanged customers have no
 * consequences.
 */
export function findConsequences(situation: Situation): Consequence[] {
  const provided = situation.customers.filter(({ status }) => status !== "released");
  const slots = provided.flatMap((customer) =>
    customer.applications.map((application) => ({
      slot: slotName(customer.name, application),
      customer,
      application,
    })),
  );
  const { held } = situation;
  const generations = heldGenerations(
    held.map(({ urn, type, outputs }) => ({ type, name: nameOfUrn(urn), outputs })),
  );
  const tenants = new Set(held.filter(({ type }) => type === tenantType).map(({ urn }) => nameOfUrn(urn)));
  const secrets = new Map(
    held.filter(({ type }) => type === secretType).map(({ urn, outputs }) => [nameOfUrn(urn), outputs]),
  );
  return [
    ...deletedTenants(situation, provided, tenants, generations),
    ...deletedApplications(provided, slots, generations, secrets),
    ...endingCredentials(situation, slots),
    ...movedSecrets(situation, slots, secrets),
    ...situation.changed.flatMap(customerConsequences),
    ...adoptions(provided, slots, tenants, generations),
  ];
}

type Generations = ReadonlyMap<string, readonly HeldGeneration[]>;
type SecretOutputs = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

function deletedTenants(
  { customers, held }: Situation,
  provided: readonly CustomerConfiguration[],
  tenants: ReadonlySet<string>,
  generations: Generations,
): Consequence[] {
  const declared = new Set(customers.map(({ name }) => name));
  const records = lastRecordsIn(held);
  const newcomers = groupBy(
    provided.filter(({ name }) => !tenants.has(name)),
    ({ customerId }) => customerId,
  );
  const slotsOf = groupBy(
    [...generations].flatMap(([slot, all]) => (isMade(all) ? [slot] : [])),
    customerOf,
  );
  return [...tenants]
    .filter((name) => !declared.has(name))
    .map((name) => {
      const customerId = records.get(name)?.customerId;
      const [successor] = (customerId === undefined ? undefined : newcomers.get(customerId)) ?? [];
      return {
        kind: "tenantDeleted",
        subject: name,
        applications: slotsOf.get(name)?.length ?? 0,
        ...(successor === undefined ? {} : { after: successor.name }),
      };
    });
}

/** Returns the applications that are deleted while their customer stays. */
function deletedApplications(
  provided: readonly CustomerConfiguration[],
  slots: readonly Slot[],
  generations: Generations,
  secrets: SecretOutputs,
): Consequence[] {
  const customers = new Set(provided.map(({ name }) => name));
  const declared = new Set(slots.map(({ slot }) => slot));
  const deleted = [...generations].flatMap(([slot, all]) =>
    isMade(all) && customers.has(customerOf(slot)) && !declared.has(slot) ? [slot] : [],
  );
  const declaredIn = groupBy(slots, ({ slot }) => placeOf(slot));
  const deletedIn = groupBy(deleted, placeOf);
  return deleted.map((slot) => {
    const inCell = declaredIn.get(placeOf(slot)) ?? [];
    const added = inCell.filter((one) => !generations.has(one.slot));
    const isOnly = deletedIn.get(placeOf(slot))?.length === 1;
    const [successor] = isOnly && added.length === 1 ? added : [];
    const recoveryWindowInDays = recoveryWindowOf(secrets.get(slot));
    return {
      kind: "applicationDeleted",
      subject: slot,
      fields: [inCell.length === 0 ? "cell" : "purpose"],
      ...(successor === undefined ? {} : { after: successor.application.purpose }),
      ...(recoveryWindowInDays === undefined ? {} : { recoveryWindowInDays }),
    };
  });
}

/** Returns the applications that are replaced without an overlap. */
function endingCredentials({ plans }: Situation, slots: readonly Slot[]): Consequence[] {
  return slots.flatMap(({ slot, application }): Consequence[] => {
    const plan = plans.get(slot);
    if (plan === undefined) return [];
    const { fields, generation } = endOf(plan, application);
    if (fields.length === 0 || generation === undefined) return [];
    const client = generation.application?.clientId;
    return [
      {
        kind: "credentialEnds",
        subject: slot,
        fields,
        ...(client === undefined ? {} : { before: client }),
      },
    ];
  });
}

function endOf(
  { current, retired, overlap }: SlotPlan,
  { adopt }: Slot["application"],
): { fields: string[]; generation: HeldGeneration | undefined } {
  const { held } = current;
  if (held === undefined) {
    const before = retired.find(({ generation }) => generation === current.generation - 1);
    return { fields: overlap.ms === 0 ? ["overlap"] : [], generation: before?.held };
  }
  const running = held.application;
  if (running === undefined) return { fields: [], generation: undefined };
  const adoptsAnother =
    held.generation === 1 && adopt !== undefined && adopt.applicationId !== running.applicationId;
  return {
    fields: [
      ...differences(current.specification, running.specification),
      ...(adoptsAnother ? ["adopt"] : []),
    ],
    generation: held,
  };
}

function movedSecrets(
  { stage, secretPrefix }: Situation,
  slots: readonly Slot[],
  secrets: SecretOutputs,
): Consequence[] {
  return slots.flatMap(({ slot, customer, application }): Consequence[] => {
    const outputs = secrets.get(slot);
    const before = outputs?.["name"];
    const after = secretName({ stage, secretPrefix, name: customer.name }, application);
    if (typeof before !== "string" || before === after) return [];
    const recoveryWindowInDays = recoveryWindowOf(outputs);
    return [
      {
        kind: "secretMoved",
        subject: slot,
        before,
        after,
        ...(recoveryWindowInDays === undefined ? {} : { recoveryWindowInDays }),
      },
    ];
  });
}

function adoptions(
  provided: readonly CustomerConfiguration[],
  slots: readonly Slot[],
  tenants: ReadonlySet<string>,
  generations: Generations,
): Consequence[] {
  return [
    ...provided.flatMap(({ name, adopt }): Consequence[] =>
      adopt === undefined || tenants.has(name)
        ? []
        : [{ kind: "tenantAdopted", subject: name, after: adopt }],
    ),
    ...slots.flatMap(({ slot, application: { adopt } }): Consequence[] =>
      adopt === undefined || isMade(generations.get(slot) ?? [])
        ? []
        : [{ kind: "applicationAdopted", subject: slot, after: adopt.applicationId }],
    ),
  ];
}

function isMade(generations: readonly HeldGeneration[]): boolean {
  return generations.some(({ application }) => application !== undefined);
}

/** Returns the customer and the cell of a slot. */
function placeOf(slot: string): string {
  return `${customerOf(slot)}/${readApplicationName(slot)?.cell ?? ""}`;
}

function recoveryWindowOf(outputs: Readonly<Record<string, unknown>> | undefined): number | undefined {
  const days = outputs?.["recoveryWindowInDays"];
  return typeof days === "number" ? days : undefined;
}
