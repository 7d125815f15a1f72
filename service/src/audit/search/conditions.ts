import { type ExpressionBuilder, type ExpressionWrapper, type SqlBool } from "kysely";
import { z } from "zod";

import { Problem } from "../../problem";
import type { Paging } from "../../records/paging";
import type { Schema } from "../../records/schema";

/** The criteria of a search for events; all must hold. */
export interface EventFilter extends Paging {
  /** The id, subject or name of a person; for a journal's event also its recorded actor. */
  actor?: string | undefined;
  /** As `actor`: the requester of the event's request. */
  requester?: string | undefined;
  /** As `actor`: an approver of that request. */
  approver?: string | undefined;
  stage?: string | undefined;
  customer?: string | undefined;
  tenantId?: string | undefined;
  applicationId?: string | undefined;
  clientId?: string | undefined;
  requestId?: string | undefined;
  kind?: string | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
}

/** The sources of events: the service's own chain, and the journals of stacks. */
export const eventSources = ["service", "journal"] as const;
export type EventSource = (typeof eventSources)[number];

/** Returns the order of the sources within one instant. */
export function rankOf(source: EventSource): number {
  return eventSources.indexOf(source);
}

type Where = ExpressionBuilder<Schema, keyof Schema>;
type Condition = ExpressionWrapper<Schema, keyof Schema, SqlBool>;
/** Each query here is part of another query, whose tables it uses. */
const anyOf = (where: unknown): Where => where as Where;

/** Selects the accounts that a text names. */
export function personIds(given: unknown, text: string) {
  return anyOf(given)
    .selectFrom("people as named")
    .select("named.id")
    .where((where) =>
      where.or([
        where(where.cast<string>("named.id", "text"), "=", text),
        ...(["subject", "name", "email", "person"] as const).map((column) =>
          where(`named.${column}`, "=", text),
        ),
      ]),
    );
}

/** Selects the requests of a requester whom a text names. */
export function requestsAskedBy(given: unknown, text: string) {
  return anyOf(given)
    .selectFrom("requests as asked")
    .select("asked.id")
    .where("asked.requester_id", "in", personIds(given, text));
}

/** Filters by the requester and the approvers of an event's request. */
export function byRequest(
  given: unknown,
  column: "events.request_id" | "journal_events.request_id",
  { requester, approver }: EventFilter,
): Condition {
  const where = anyOf(given);
  return where.and([
    ...(requester === undefined ? [] : [where(column, "in", requestsAskedBy(where, requester))]),
    ...(approver === undefined
      ? []
      : [
          where(
            column,
            "in",
            where
              .selectFrom("approvals as given")
              .select("given.request_id")
              .where("given.decision", "=", "approve")
              .where("given.approver_id", "in", personIds(where, approver)),
          ),
        ]),
  ]);
}

/** Selects the customers of a tenant, an application or a client. */
export function objectsOf(given: unknown, { tenantId, applicationId, clientId }: EventFilter) {
  if (tenantId === undefined && applicationId === undefined && clientId === undefined) return undefined;
  return anyOf(given)
    .selectFrom("customers")
    .innerJoin("tenants", "tenants.customer_id", "customers.id")
    .leftJoin("applications", "applications.tenant_id", "tenants.tenant_id")
    .select("customers.id")
    .$if(tenantId !== undefined, (query) => query.where("tenants.tenant_id", "=", tenantId ?? ""))
    .$if(applicationId !== undefined, (query) =>
      query.where("applications.application_id", "=", applicationId ?? ""),
    )
    .$if(clientId !== undefined, (query) => query.where("applications.client_id", "=", clientId ?? ""));
}

const cursorSchema = z.tuple([z.iso.datetime(), z.enum(eventSources), z.string().regex(/^\d{1,18}$/)]);

/** Selects the events after a page's last one: within one instant, the service's own come first. */
export function after(
  given: unknown,
  columns: {
    source: EventSource;
    at: "events.at" | "journal_events.at";
    position: "events.sequence" | "journal_events.position";
  },
  filter: EventFilter,
): Condition {
  const where = anyOf(given);
  if (filter.after === undefined) return where.and([]);
  const read = cursorSchema.safeParse(filter.after.split(","));
  if (!read.success) throw new Problem("invalid", "after: use the `next` of the previous page.");
  const [at, source, position] = read.data;
  const [mine, last] = [rankOf(columns.source), rankOf(source)];
  return where.or([
    where(columns.at, "<", new Date(at)),
    ...(mine < last
      ? []
      : [
          where.and([
            where(columns.at, "=", new Date(at)),
            ...(mine === last ? [where(columns.position, "<", position)] : []),
          ]),
        ]),
  ]);
}
