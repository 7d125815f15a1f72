/**
 * The grammar of the names that resources have in a stack: `<customer>` for what belongs to a customer as a whole, and
 * `<customer>/<cell>/<purpose>` (a slot) for an application and what belongs to it. A later generation of an
 * application's credentials appends its number: `<customer>/<cell>/<purpose>/<2, 3, …>`.
 */
const ofApplication = /^(([^/]+)\/([^/]+)\/([^/]+))(?:\/([1-9]\d*))?$/;

/** The parts of the name of an application's resource. */
export interface ApplicationName {
  customer: string;
  cell: string;
  purpose: string;
  /** The name of the first generation, after which the secret is named: `<customer>/<cell>/<purpose>`. */
  slot: string;
  /** From 1. */
  generation: number;
}

/** Parses the name of an application's resource; returns undefined for any other name. */
export function readApplicationName(name: string): ApplicationName | undefined {
  const [, slot, customer, cell, purpose, generation = "1"] = ofApplication.exec(name) ?? [];
  if (slot === undefined || customer === undefined || cell === undefined || purpose === undefined)
    return undefined;
  return { customer, cell, purpose, slot, generation: Number(generation) };
}

/** Returns the name of a customer's application in a stack. */
export function slotName(customer: string, { cell, purpose }: { cell: string; purpose: string }): string {
  return `${customer}/${cell}/${purpose}`;
}

/** Returns the name of one generation of a slot: the first has the slot's own name. */
export function generationName(slot: string, generation: number): string {
  return generation === 1 ? slot : `${slot}/${generation}`;
}

/** Returns the customer of a resource. */
export function customerOf(name: string): string {
  return name.split("/", 1)[0] ?? "";
}

/** Removes the generation from the name of an application's resource; returns other names unchanged. */
export function slotOf(name: string): string {
  return readApplicationName(name)?.slot ?? name;
}

/** Returns the generation in a name. Default: 1. */
export function generationOf(name: string): number {
  return readApplicationName(name)?.generation ?? 1;
}

/** The first part of every secret's name, unless `tenants:secretPrefix` is set. */
export const defaultSecretPrefix = "resistant-tenants";

/**
 * Returns the name of the secret of an application: `<secretPrefix>/<stage>/<customer>/<cell>/<purpose>`.
 *
 * @param slot the application's resource name, of the first generation: `<customer>/<cell>/<purpose>`
 */
export function secretNameOf(secretPrefix: string, stage: string, slot: string): string {
  return `${secretPrefix}/${stage}/${slot}`;
}
