import { type IntentEvent, isSettledLater, objectIdOf, resultOf } from "pulumi-resistant-tenants/journal";

import type { Comparison } from "./comparison";
import type { Finding, Fix } from "./finding";

/**
 * Finds the deletes and releases that were cut off, and that no later update comes back to: the record is open for
 * good, until somebody looks how they ended and writes it down.
 */
export function compareCutOff(comparison: Comparison): Finding[] {
  const { events, stack, apiUrl, fixCommand } = comparison;
  return events
    .filter((event) => event.event === "intent")
    .filter((intent) => intent.stack === stack && intent.apiUrl === apiUrl)
    .filter((intent) => resultOf(events, intent) === undefined && !isSettledLater(events, intent))
    .flatMap((intent) => {
      const ending = endingOf(intent, comparison);
      if (ending === undefined) return [];
      const { id, slot, operation, at, actor, tenantId, applicationId } = intent;
      return [
        {
          kind: "openIntent",
          severity: "note",
          slot,
          ...(tenantId === undefined ? {} : { tenantId }),
          ...(applicationId === undefined ? {} : { applicationId }),
          why: `Its ${operation} was begun ${at} by ${actor}, and how it ended was not recorded: ${whys[ending]}.`,
          next: [fixCommand],
          fix: { action: "settleIntent", intentId: id, outcome: ending, operation, slot },
        },
      ];
    });
}

type Ending = Extract<Fix, { action: "settleIntent" }>["outcome"];

const whys: Record<Ending, string> = {
  gone: "it is gone",
  released: "the state has let go of it",
  failed: "it was not carried out",
};

/** How an intent ended, by what is there now; undefined where that is not certain, or the next update tells. */
function endingOf(
  intent: IntentEvent,
  { state, tenants, applications, locks }: Comparison,
): Ending | undefined {
  const { type, operation, tenantId = "" } = intent;
  const objectId = objectIdOf(intent);
  const held = [
    ...state.tenants.map((tenant) => ({ ...tenant, objectId: tenant.tenantId })),
    ...state.applications.map((application) => ({ ...application, objectId: application.applicationId })),
  ].find((object) => object.objectId === objectId);
  if (held?.isToBeDeleted === true) return undefined;
  if (operation === "release") return held === undefined ? "released" : "failed";
  if (operation !== "delete") return undefined;
  if (type === "Lock") return locks.length === 0 ? "gone" : undefined;
  if (type === "PendingOperation" || type === "EmptySecret")
    return state.pending.length === 0 ? "gone" : undefined;
  const exists =
    type === "Tenant"
      ? tenants.some((tenant) => tenant.tenantId === tenantId)
      : (applications.get(tenantId) ?? []).some(({ applicationId }) => applicationId === objectId);
  // What the state holds and the API does not, and the other way round, are findings of their own.
  if (exists !== (held !== undefined)) return undefined;
  return exists ? "failed" : "gone";
}
