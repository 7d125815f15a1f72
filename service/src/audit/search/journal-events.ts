import type { Reading } from "../../records/schema";
import { after, byRequest, type EventFilter, requestsAskedBy } from "./conditions";
import type { Row } from "./view";

/** Finds events in the worker's copies of the stacks' journals: one more than the limit, if there are more. */
export async function journalEvents(reading: Reading, filter: EventFilter): Promise<Row[]> {
  const { actor, stage, customer, requestId, kind, from, to, tenantId, applicationId, clientId, limit } =
    filter;
  const rows = await reading
    .selectFrom("journal_events")
    .selectAll()
    .$if(actor !== undefined, (query) =>
      query.where((where) =>
        where.or([
          where("journal_events.actor", "=", actor ?? ""),
          where("journal_events.request_id", "in", requestsAskedBy(where, actor ?? "")),
        ]),
      ),
    )
    .$if(stage !== undefined, (query) => query.where("stage", "=", stage ?? ""))
    .$if(customer !== undefined, (query) => query.where("customer", "=", customer ?? ""))
    .$if(requestId !== undefined, (query) => query.where("request_id", "=", requestId ?? ""))
    .$if(kind !== undefined, (query) => query.where("kind", "=", kind ?? ""))
    .$if(from !== undefined, (query) => query.where("at", ">=", from ?? new Date()))
    .$if(to !== undefined, (query) => query.where("at", "<", to ?? new Date()))
    .$if(tenantId !== undefined, (query) => query.where("tenant_id", "=", tenantId ?? ""))
    .$if(applicationId !== undefined, (query) => query.where("application_id", "=", applicationId ?? ""))
    .$if(clientId !== undefined, (query) =>
      query.where((where) =>
        where.or([
          where("client_id", "=", clientId ?? ""),
          // An intent is recorded before its client is known.
          where(
            "application_id",
            "in",
            where
              .selectFrom("applications")
              .select("applications.application_id")
              .where("applications.client_id", "=", clientId ?? ""),
          ),
        ]),
      ),
    )
    .where((where) => byRequest(where, "journal_events.request_id", filter))
    .where((where) =>
      after(
        where,
        { source: "journal", at: "journal_events.at", position: "journal_events.position" },
        filter,
      ),
    )
    .orderBy("at", "desc")
    .orderBy("position", "desc")
    .limit(limit + 1)
    .execute();
  return rows.map((row) => ({
    source: "journal",
    position: row.position,
    sequence: row.sequence,
    at: row.at,
    kind: row.kind,
    actor: { id: row.actor },
    stage: row.stage,
    customer: row.customer,
    stack: row.stack,
    requestId: row.request_id,
    tenantId: row.tenant_id,
    applicationId: row.application_id,
    clientId: row.client_id,
    text: row.text,
    hash: row.hash,
  }));
}
