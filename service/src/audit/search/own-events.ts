import { z } from "zod";

import type { Reading } from "../../records/schema";
import { after, byRequest, type EventFilter, objectsOf, personIds } from "./conditions";
import type { Row } from "./view";

/** Finds events of the service's own chain: one more than the limit, if there are more. */
export async function ownEvents(reading: Reading, filter: EventFilter): Promise<Row[]> {
  const { actor, stage, customer, requestId, kind, from, to, limit } = filter;
  const rows = await reading
    .selectFrom("events")
    .leftJoin("people", "people.id", "events.actor_id")
    .selectAll("events")
    .select("people.name as actor_name")
    .$if(actor !== undefined, (query) =>
      query.where((where) => where("events.actor_id", "in", personIds(where, actor ?? ""))),
    )
    .$if(stage !== undefined, (query) => query.where("events.stage", "=", stage ?? ""))
    .$if(customer !== undefined, (query) => query.where("events.customer", "=", customer ?? ""))
    .$if(requestId !== undefined, (query) => query.where("events.request_id", "=", requestId ?? ""))
    .$if(kind !== undefined, (query) => query.where("events.kind", "=", kind ?? ""))
    .$if(from !== undefined, (query) => query.where("events.at", ">=", from ?? new Date()))
    .$if(to !== undefined, (query) => query.where("events.at", "<", to ?? new Date()))
    .where((where) => byRequest(where, "events.request_id", filter))
    .where((where) => {
      const objects = objectsOf(where, filter);
      return objects === undefined
        ? where.lit(true)
        : where.exists(
            objects
              .whereRef("customers.stage", "=", "events.stage")
              .whereRef("customers.name", "=", "events.customer"),
          );
    })
    .where((where) =>
      after(where, { source: "service", at: "events.at", position: "events.sequence" }, filter),
    )
    .orderBy("events.at", "desc")
    .orderBy("sequence", "desc")
    .limit(limit + 1)
    .execute();
  return rows.map((row) => ({
    source: "service",
    position: row.sequence,
    sequence: row.sequence,
    at: row.at,
    kind: row.kind,
    actor:
      row.actor_id === null
        ? undefined
        : { id: row.actor_id, ...(row.actor_name === null ? {} : { name: row.actor_name }) },
    stage: row.stage,
    customer: row.customer,
    stack: null,
    requestId: row.request_id,
    ...idsIn(row.text),
    text: row.text,
    hash: row.hash,
  }));
}

const withData = z.looseObject({ data: z.unknown() });
const oneObject = z.looseObject({
  tenantId: z.string().nullish().catch(null),
  applications: z
    .array(z.looseObject({ applicationId: z.string(), clientId: z.string() }))
    .nullish()
    .catch(null),
});

/** Returns the vendor's ids in an event of the service, if it is about one of each. */
function idsIn(text: string): Pick<Row, "tenantId" | "applicationId" | "clientId"> {
  const { data } = withData.parse(JSON.parse(text));
  const { tenantId, applications } = oneObject.catch({}).parse(data);
  const [only, ...others] = applications ?? [];
  const application = others.length === 0 ? only : undefined;
  return {
    tenantId: tenantId ?? null,
    applicationId: application?.applicationId ?? null,
    clientId: application?.clientId ?? null,
  };
}
