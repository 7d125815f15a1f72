import { type FoundApplication, writeCustomerEntry } from "pulumi-resistant-tenants/internal/customer-entry";
import {
  documentsScopes,
  readApplicationName,
  slotName,
  slotOf,
} from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import type { Stack } from "../stack/stack";
import type { DeclaredEntry } from "./declared";

/** A customer's secret in AWS. */
export interface KnownSecret {
  /** The name of its resource in the stack: `<customer>/<cell>/<purpose>`. */
  slot: string;
  arn: string;
  tags: ReadonlyMap<string, string>;
}

/** An application that exists at the vendor but is no resource of the state. */
export interface LivingApplication {
  applicationId: string;
  clientId?: string | undefined;
  keyId?: string | undefined;
  cell: string;
  scopes?: readonly string[] | undefined;
  authMethod?: string | undefined;
  /** The resource that it was created for, of any generation; undefined if unknown. */
  slot?: string | undefined;
}

/** A customer whose tenant exists, and what to adopt of it. */
export interface LivingCustomer {
  name: string;
  tenantId: string;
  /** The tenant's cells, for a tenant without applications. */
  cells: readonly string[];
  /** The newest first: of two for one slot, the first is adopted. */
  applications: readonly LivingApplication[];
  /** The customer's slots in the state, and whether the state contains its tenant. */
  heldSlots: ReadonlySet<string>;
  isHeld: boolean;
}

/** An entry of `tenants:customers`, ready to be pasted. It contains ids and ARNs, no credential. */
export interface PrintedEntry {
  customer: string;
  tenantId: string;
  /** Whether it replaces an entry of that name in the configuration. */
  isDeclared: boolean;
  yaml: string;
}

/**
 * Writes the entry that adopts a customer, from what was found at the vendor, in the record and in AWS.
 *
 * @returns Resolves with undefined if the state already contains everything that an entry can name.
 */
export async function entryOf(
  living: LivingCustomer,
  secrets: readonly KnownSecret[],
  declared: DeclaredEntry | undefined,
): Promise<PrintedEntry | undefined> {
  const { name, tenantId } = living;
  const found = new Map<string, FoundApplication>();
  const leftOut: string[] = [];
  for (const application of living.applications) {
    const slot = slotFor(application, living, secrets, declared);
    if (slot === undefined || found.has(slot) || living.heldSlots.has(slot)) {
      leftOut.push(describeLeftOut(application, secrets));
      continue;
    }
    const { cell = "", purpose = "" } = readApplicationName(slot) ?? {};
    const secretArn = secrets.find((secret) => secret.slot === slot)?.arn;
    found.set(slot, { ...application, cell, purpose, secretArn });
  }
  if (living.isHeld && found.size === 0) return undefined;
  const applications = [...found.values()];
  const tag = (key: string): string | undefined =>
    secrets.map(({ tags }) => tags.get(key)).find((value) => value !== undefined);
  const cells = [...new Set(applications.map(({ cell }) => cell))];
  const yaml = await writeCustomerEntry(
    {
      name,
      tenantId,
      customerId: tag("customerId"),
      owner: tag("owner"),
      cells: cells.length > 0 || declared !== undefined ? cells : living.cells,
      applications,
      notes: leftOut,
    },
    declared,
  );
  return { customer: name, tenantId, isDeclared: declared !== undefined, yaml };
}

function describeLeftOut(
  { applicationId, clientId = "unknown", cell, slot }: LivingApplication,
  secrets: readonly KnownSecret[],
): string {
  const what = `Application ${applicationId} (client ${clientId}, cell ${cell}) also exists`;
  if (slot !== undefined) return `${what}: it was created for ${slot}, which now has another one`;
  const ofCell = secrets
    .filter((secret) => readApplicationName(secret.slot)?.cell === cell)
    .map(({ arn }) => arn);
  return `${what}: the journal does not record which secret contains its credentials${ofCell.length === 0 ? "" : `; candidates: ${ofCell.join(", ")}`}`;
}

/**
 * Returns the slot of an application. Without a record, the declared applications decide if the scopes
 * identify one; otherwise its cell, if exactly one application and one secret remain there. Adoption tests
 * the credentials, so a wrong guess is refused.
 */
function slotFor(
  application: LivingApplication,
  { name, applications, heldSlots, isHeld }: LivingCustomer,
  secrets: readonly KnownSecret[],
  declared: DeclaredEntry | undefined,
): string | undefined {
  if (application.slot !== undefined) return slotOf(application.slot);
  const { cell } = application;
  const known = new Set([
    ...heldSlots,
    ...applications.flatMap(({ slot }) => (slot === undefined ? [] : [slotOf(slot)])),
  ]);
  const isHere = (slot: string): boolean => {
    const read = readApplicationName(slot);
    return read?.customer === name && read.cell === cell;
  };
  const free = secrets.filter(({ slot }) => isHere(slot) && !known.has(slot));
  const unplaced = applications.filter((other) => other.slot === undefined && other.cell === cell);
  const alike = declaredIn(declared, cell).filter(({ scopes }) => isSame(scopes, application.scopes));
  const byScopes = free.filter(({ slot }) =>
    alike.some(({ purpose }) => slot === slotName(name, { cell, purpose })),
  );
  const others = unplaced.filter(({ scopes }) => isSame(scopes, application.scopes));
  if (alike.length === 1 && byScopes.length === 1 && others.length === 1) return byScopes[0]?.slot;
  if (unplaced.length !== 1) return undefined;
  if (free.length === 1) return free[0]?.slot;
  const usual = slotName(name, { cell, purpose: "default" });
  return free.length === 0 && !isHeld && !known.has(usual) ? usual : undefined;
}

const declaredSchema = z.object({
  applications: z
    .array(
      z.object({
        cell: z.string(),
        purpose: z.string().default("default"),
        scopes: z.array(z.string()).default([...documentsScopes]),
      }),
    )
    .default([]),
});

function declaredIn(
  declared: DeclaredEntry | undefined,
  cell: string,
): { purpose: string; scopes: string[] }[] {
  const all = declaredSchema.safeParse(declared ?? {}).data?.applications ?? [];
  return all.filter((application) => application.cell === cell);
}

function isSame(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return JSON.stringify(a.toSorted()) === JSON.stringify(b.toSorted());
}

/**
 * Writes entries for people: what to do with them, and the lines to paste.
 *
 * @param areRestored whether the customers' secrets are in the state by now
 */
export function describeEntries(
  entries: readonly PrintedEntry[],
  { pulumi, typed }: Pick<Stack, "pulumi" | "typed">,
  areRestored = false,
): string[] {
  return entries.flatMap(({ customer, isDeclared, yaml }) => [
    "",
    `Customer ${customer}: to take over what exists, paste this under tenants:customers${isDeclared ? `, in place of the present entry of ${customer}` : ""};`,
    areRestored
      ? `then run \`${pulumi.typed(["up"])}\`:`
      : `then run \`${typed(["restore", customer])}\`, which imports its secrets into the state, and \`${pulumi.typed(["up"])}\`:`,
    "",
    yaml,
  ]);
}
