import type { EventEntry, ServiceEntry } from "./entry";

/** All fields of an event of version 1, which had no hashes, no reasons, and nothing that was added later. */
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
 * Returns why an event cannot be from the version that it names: someone who removes an event's hash must
 * call it version 1, whose form is fixed.
 *
 * @returns the problem; undefined if there is none
 */
export function wrongVersion({ event }: EventEntry | ServiceEntry): string | undefined {
  if (event.v === 2)
    return event.previous === undefined || event.sequence === undefined
      ? "it has no hash or no number, but every event of version 2 has both"
      : undefined;
  const foreign = Object.keys(event).find((key) => !ofVersion1.has(key));
  if (foreign !== undefined) return `it is marked version 1, but that version had no \`${foreign}\``;
  if (!operationsOfVersion1.includes(event.operation))
    return `it is marked version 1, but that version had no operation ${event.operation}`;
  return undefined;
}
