import { z } from "zod";

import type { RecordedType } from "../journal/event";
import { Holding } from "../journal/holding";
import type { KnownBefore } from "../journal/journal";
import { nameOfUrn, tenantApplicationType, tenantType } from "../names/resource-types";
import { recordedAsSchema, type SlotInput } from "../names/slot";
import type { HeldResource } from "./own-stack";

/** The resources that the journal records as made: how it calls them, and which output has their id. */
const recorded = [
  { type: tenantType, recordedType: "Tenant", idOutput: "tenantId" },
  { type: tenantApplicationType, recordedType: "TenantApplication", idOutput: "applicationId" },
] as const;

const outputsSchema = z.object({
  apiUrl: z.string(),
  recordedAs: recordedAsSchema.optional().catch(undefined),
});

/** By list: each program has its own. */
const known = new WeakMap<readonly HeldResource[], SlotInput["heldBefore"]>();

/**
 * Tells what a stack holds by its state, so that its provider need not read all of its journal to know that nothing was
 * left behind. Once for each list of resources.
 *
 * @returns undefined where no object in the state says where it is on record: an earlier version made them all
 */
export function heldBeforeOf(resources: readonly HeldResource[]): SlotInput["heldBefore"] {
  if (!known.has(resources)) known.set(resources, weigh(resources));
  return known.get(resources);
}

/** Gives the same as the journal takes it. */
export function knownBeforeOf(resources: readonly HeldResource[], stack: string): KnownBefore | undefined {
  const heldBefore = heldBeforeOf(resources);
  const idIn = (type: RecordedType, slot: string): string | undefined => {
    const kind = recorded.find(({ recordedType }) => recordedType === type);
    const held = resources.find(
      (resource) => resource.type === kind?.type && nameOfUrn(resource.urn) === slot,
    );
    const id = kind === undefined ? undefined : held?.outputs[kind.idOutput];
    return typeof id === "string" ? id : undefined;
  };
  return heldBefore === undefined ? undefined : { ...heldBefore, stack, idIn };
}

function weigh(resources: readonly HeldResource[]): SlotInput["heldBefore"] {
  const holding = new Holding();
  let last: z.output<typeof recordedAsSchema> | undefined;
  for (const { type, urn, outputs } of resources) {
    const kind = recorded.find((other) => other.type === type);
    const { data } = outputsSchema.safeParse(outputs);
    const id = kind === undefined ? undefined : outputs[kind.idOutput];
    if (kind === undefined || data === undefined || typeof id !== "string") continue;
    const { apiUrl, recordedAs } = data;
    holding.add({ apiUrl, type: kind.recordedType, slot: nameOfUrn(urn), id });
    if (recordedAs !== undefined && recordedAs.sequence > (last?.sequence ?? 0)) last = recordedAs;
  }
  return last === undefined ? undefined : { last, holding: holding.toString() };
}
