import { rowOfStage } from "../../client/cells";
import { TenantManagementError } from "../../client/errors";
import type { RecordedObject } from "./deletion";
import type { Properties } from "../engine/inputs";
import { rememberAll } from "./recorder";
import { currentSettings } from "./session";
import { slotSchema } from "../../names/slot";
import { presentStackOf } from "./stack-identity";

/**
 * What must hold before anything is deleted in production. The engine's protection can be taken away, in the state or
 * by an edited file; the record cannot. A `destroy` asks for no `check`, an `up` does, before its deletes too.
 */

/** Resources that this run's program declares, by type. */
const declaredSlots = { Tenant: new Set<string>(), TenantApplication: new Set<string>() };
/** Objects that this run's program replaces, and that it may replace. */
const replacedObjects = new Set<string>();

/** Resources whose application was made in this run. */
const madeSlots = new Set<string>();

/** Notes a resource whose application was made in this run. */
export function noteMade(slotName: string | undefined): void {
  if (slotName !== undefined) madeSlots.add(slotName);
}

/** Notes a resource that this run's program declares. */
export function noteDeclared(type: keyof typeof declaredSlots, inputs: Properties): void {
  const slot = slotSchema.safeParse(inputs["slot"]).data;
  if (slot !== undefined) declaredSlots[type].add(slot.name);
}

/**
 * Notes a tenant or an application that this run's program replaces. A `destroy --target` asks for a `diff`, too, with
 * inputs that it makes up: it has declared nothing before.
 */
export function noteReplaced(type: keyof typeof declaredSlots, objectId: string, inputs: Properties): void {
  const slot = slotSchema.safeParse(inputs["slot"]).data;
  if (slot !== undefined && declaredSlots[type].has(slot.name)) replacedObjects.add(objectId);
}

/**
 * Refuses to delete a tenant or an application in production, unless
 *
 * - its customer is on record as deprecated by an `up` that came to its end,
 * - another application was made in its place,
 * - the program declares another generation of it, and not this one any more,
 * - the program replaces it, or (`allowReplace`) its tenant, or
 * - the program has no customers, but declares applications by names of its own: it protects what it needs itself.
 *
 * @param what names it: `Tenant "acme" (t-1)`
 * @param madeIn the stage in which it was made, as the state has it
 * @throws TenantManagementError `INPUT_INVALID` with the way out
 */
export async function assertMayBeDeleted(
  object: RecordedObject,
  what: string,
  madeIn: unknown,
): Promise<void> {
  if (![currentSettings().stage, madeIn].some((stage) => rowOfStage(stage)?.isProtected === true)) return;
  const { slot, tenantId = "", applicationId } = object;
  if (replacedObjects.has(tenantId) || (applicationId !== undefined && replacedObjects.has(applicationId)))
    return;
  if (
    isProgramOfOnesOwn() ||
    isRetired(slot.name) ||
    (applicationId !== undefined && madeSlots.has(slot.name))
  )
    return;
  const stack = presentStackOf(slot);
  const memory = await rememberAll(stack);
  const customer = memory.customerOf(stack, tenantId) ?? slot.name.split("/")[0] ?? "";
  if (memory.statusOf({ stack, customer }) === "deprecated") return;
  if (applicationId !== undefined && memory.hasSuccessor({ stack, slot: slot.name }, applicationId)) return;
  throw refused(what, customer);
}

/** `<customer>/<cell>/<purpose>`, and the number of a later generation. */
const generationPattern = /^([^/]+\/[^/]+\/[^/]+)(?:\/[1-9]\d*)?$/;

/** Tells whether this run's program declares other generations of an application, and not this one. */
function isRetired(slotName: string): boolean {
  const place = placeOf(slotName);
  const declared = declaredSlots.TenantApplication;
  return (
    place !== undefined && !declared.has(slotName) && [...declared].some((name) => placeOf(name) === place)
  );
}

/** Tells whether this run's program is another one than this project's, whose applications are all named so. */
function isProgramOfOnesOwn(): boolean {
  const declared = [...declaredSlots.TenantApplication];
  return declared.length > 0 && declared.every((name) => placeOf(name) === undefined);
}

function placeOf(slotName: string): string | undefined {
  return generationPattern.exec(slotName)?.[1];
}

function refused(what: string, customer: string): TenantManagementError {
  return new TenantManagementError(
    "INPUT_INVALID",
    `${what} was not deleted, and nothing was sent: customer "${customer}" is active in production, and the journal has no deprecation of it that came to its end. ` +
      "To let it go: set `status: deprecated` on it (in a program of your own, on its Tenant), run `pulumi up`, and then the same command again. " +
      "To keep it: run `pulumi up`, which protects it again.",
  );
}
