import type { JournalEvent } from "../../provider/src/journal";
import type { NamedRequest } from "../../sandbox/api";
import { slotOfName } from "./objects";

/** What of a create's body, and of its parameters on record, tells of which kind its application is. */
interface Kind {
  cell?: unknown;
  scopes?: unknown;
  auth_method?: { type?: unknown };
  authMethod?: unknown;
}

/**
 * Names what a request is about: of one about one application its slot, by the record; of one about anything else of a
 * tenant the customer. So a fault is fixed by request, in whatever order the engine asks for what is independent.
 *
 * A create says nothing of its slot, but it is on record before it is sent, and those of a kind are sent one at a time.
 *
 * @param events the journal, oldest first
 */
export function subjectOf(
  { operation, path, body, tenant }: NamedRequest,
  events: () => readonly JournalEvent[],
): string | undefined {
  const [, tenantId, applicationId] = /\/tenants\/([^/]+)\/applications(?:\/([^/]+))?$/.exec(path) ?? [];
  if (operation === "createTenantApplication") {
    const asked = kindOf(JSON.parse(body) as Kind);
    const intent = events().findLast(
      (event) =>
        event.event === "intent" &&
        event.type === "TenantApplication" &&
        event.operation === "create" &&
        event.tenantId === tenantId &&
        kindOf(event.parameters) === asked,
    );
    return intent === undefined ? tenant : slotOfName(intent.slot);
  }
  if (applicationId === undefined) return tenant;
  const event = events().findLast((other) => other.applicationId === applicationId);
  return event === undefined ? tenant : slotOfName(event.slot);
}

function kindOf({ cell, scopes, auth_method, authMethod = auth_method?.type }: Kind): string {
  return JSON.stringify([cell, scopes, authMethod]);
}
