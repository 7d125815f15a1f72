import type { EventEntry, ServiceEntry } from "./entry";

/** All that an event of version 1 has: that version knew no hashes, no reasons, and nothing that came later. */
const ofVersion1: ReadonlySet<string> = new Set([
  "v",
  "id",
  "at",
  "actor",
  "stack",
  "stage",
  "apiUrl",
  "type",
  "operation",
  "slot",
  "tenantId",
  "applicationId",
  "event",
  "parameters",
  "known",
  "intent",
  "outcome",
  "clientId",
  "durationMs",
  "message",
]);
const operationsOfVersion1: readonly string[] = ["create", "delete"];

/**
 * Tells why an event cannot be what the version wrote that it names: whoever strips an event of its hash has to call it
 * one of version 1, which was never anything else.
 *
 * @returns the problem; undefined where there is none
 */
export function wrongVersion({ event }: EventEntry | ServiceEntry): string | undefined {
  if (event.v === 2)
    return event.previous === undefined || event.sequence === undefined
      ? "it carries no hash or no number, and every event of version 2 does"
      : undefined;
  const foreign = Object.keys(event).find((key) => !ofVersion1.has(key));
  if (foreign !== undefined) return `it is called version 1, and that version had no \`${foreign}\``;
  if (!operationsOfVersion1.includes(event.operation))
    return `it is called version 1, and that version had no operation ${event.operation}`;
  return undefined;
}
