import { parsePublicKey, slotName } from "pulumi-resistant-tenants/internal/vocabulary";

import { type ApplicationConfiguration, type CustomerConfiguration } from "../configuration/configuration";
import { type Specification, toSpecification } from "../rotation/specification";
import type { FieldChange } from "./report";

/** Fields by name, each as text; an empty text means no value. */
export type Fields = Readonly<Record<string, string>>;

/**
 * The declaration of one customer, by subject: the customer itself (`acme`) and each of its applications
 * (`acme/eu-1/default`). It omits how its secrets are stored, which the secrets' resources show.
 */
export type Declaration = Readonly<Record<string, Fields>>;

/** Returns a configuration's declaration of a customer. */
export async function toDeclaration(customer: CustomerConfiguration): Promise<Declaration> {
  const { name, customerId, owner, status, cells, uiCells, adopt, applications } = customer;
  const own = {
    customerId,
    owner: owner ?? "",
    status,
    cells: listed(cells),
    uiCells: listed(uiCells),
    adopt: adopt ?? "",
  };
  const slots = await Promise.all(
    applications.map(
      async (application) => [slotName(name, application), await applicationFields(application)] as const,
    ),
  );
  return { [name]: own, ...Object.fromEntries(slots) };
}

async function applicationFields(application: ApplicationConfiguration): Promise<Fields> {
  const { adopt, rotation } = application;
  return {
    ...(await specificationFields(await toSpecification(application))),
    adopt: adopt === undefined ? "" : `${adopt.applicationId}, ${adopt.secretArn}`,
    every: rotation?.every?.text ?? "",
    rotateAt: listed(rotation?.rotateAt.map(({ text }) => text)),
    overlap: rotation?.overlap.text ?? "",
    changes: rotation?.changes ?? "",
  };
}

/** Returns the fields that an application is created with. A customer's own key is represented by its thumbprint. */
export async function specificationFields({
  scopes,
  authMethod,
  customerKey,
}: Specification): Promise<Fields> {
  return {
    scopes: listed([...scopes].sort()),
    authMethod,
    publicKey: customerKey === undefined ? "" : (await parsePublicKey(customerKey.publicKey)).thumbprint,
    keyId: customerKey?.keyId ?? "",
  };
}

function listed(values: readonly string[] | undefined): string {
  return (values ?? []).join(", ");
}

/** Finds the fields that differ. An unrecorded field counts as unchanged: an earlier release did not have it. */
export function changedFields(before: Fields, after: Fields): Array<Omit<FieldChange, "subject">> {
  return Object.entries(after).flatMap(([field, is]) => {
    const was = before[field];
    if (was === undefined || was === is) return [];
    return [{ field, ...(was === "" ? {} : { before: was }), ...(is === "" ? {} : { after: is }) }];
  });
}

/**
 * Finds the changes of a customer's declaration since the last `up`. For new subjects, the resources show the
 * rest.
 *
 * @param before empty if the customer is new
 */
export function changedDeclaration(before: Declaration, after: Declaration): FieldChange[] {
  return Object.entries(after).flatMap(([subject, fields]) => {
    const was = before[subject];
    const isNewSlot = was === undefined && subject.includes("/");
    const changes = isNewSlot ? rotationOf(fields) : changedFields(was ?? {}, fields);
    return changes.map((change) => ({ subject, ...change }));
  });
}

/** Returns what the resources of a new application do not show. */
function rotationOf(fields: Fields): Array<Omit<FieldChange, "subject">> {
  const none = { every: "", rotateAt: "", overlap: "", changes: "" };
  return changedFields(
    none,
    Object.fromEntries(Object.keys(none).map((field) => [field, fields[field] ?? ""])),
  );
}
