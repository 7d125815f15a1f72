import { z } from "zod";

import type { RecordedType } from "../journal/event";
import { Holding } from "../journal/holding";
import type { KnownBefore } from "../journal/journal";
import { nameOfUrn, tenantApplicationType, tenantType } from "../names/resource-types";
import { recordedAsSchema, type SlotInput } from "../names/slot";
import { oncePer } from "../once-per";
import { findHeld, type HeldResource } from "./own-stack";

/** The resources that the journal records: their type there, and the output with their id. */
const recorded = [
  { type: tenantType, recordedType: "Tenant", idOutput: "tenantId" },
  { type: tenantApplicationType, recordedType: "TenantApplication", idOutput: "applicationId" },
] as const;

const outputsSchema = z.object({
  apiUrl: z.string(),
  recordedAs: recordedAsSchema.optional().catch(undefined),
});

/**
 * Summarizes the objects in a stack's state, so that its provider need not read the whole journal to see that nothing
 * was left behind. Computed once for each list of resources.
 *
 * @returns undefined if no object in the state contains its record: an earlier version created all of them
 */
export const heldBeforeOf: (resources: readonly HeldResource[]) => SlotInput["heldBefore"] = oncePer(weigh);

/** Returns the same in the journal's format. */
export function knownBeforeOf(resources: readonly HeldResource[], stack: string): KnownBefore | undefined {
  const heldBefore = heldBeforeOf(resources);
  const idIn = (type: RecordedType, slot: string): string | undefined => {
    const kind = recorded.find(({ recordedType }) => recordedType === type);
    const id = kind === undefined ? undefined : findHeld(resources, kind.type, slot)?.outputs[kind.idOutput];
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
