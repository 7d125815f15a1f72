import { z } from "zod";

import type { RequestPeople, SeenPerson } from "../people-of-requests";
import type { EventSource } from "./conditions";

/** A found event of either source. */
export interface Row {
  source: EventSource;
  position: string;
  sequence: string | null;
  at: Date;
  kind: string;
  actor: SeenPerson | undefined;
  stage: string | null;
  customer: string | null;
  stack: string | null;
  requestId: string | null;
  tenantId: string | null;
  applicationId: string | null;
  clientId: string | null;
  text: string;
  hash: string;
}

/** An event in the API. */
export interface EventView {
  source: EventSource;
  /** Its place in its chain. */
  sequence: number;
  at: string;
  kind: string;
  /** Absent if the service acted by itself; without a name if it was deleted. */
  actor?: SeenPerson;
  stage?: string;
  customer?: string;
  /** The stack of its journal. */
  stack?: string;
  requestId?: string;
  tenantId?: string;
  applicationId?: string;
  clientId?: string;
  /** The requester of its request. */
  requester?: SeenPerson;
  /** The approvers of its request. */
  approvers?: SeenPerson[];
  data: unknown;
  hash: string;
}

const withData = z.looseObject({ data: z.unknown() });

/** Converts a found event for the API, with the people of its request. */
export function viewOf(row: Row, people: ReadonlyMap<string, RequestPeople>): EventView {
  const ofRequest = row.requestId === null ? undefined : people.get(row.requestId);
  const optional = {
    actor: row.actor,
    stage: row.stage,
    customer: row.customer,
    stack: row.stack,
    requestId: row.requestId,
    tenantId: row.tenantId,
    applicationId: row.applicationId,
    clientId: row.clientId,
    requester: ofRequest?.requester,
    approvers: ofRequest?.approvers,
  };
  const parsed: unknown = JSON.parse(row.text);
  return {
    source: row.source,
    sequence: Number(row.sequence ?? 0),
    at: row.at.toISOString(),
    kind: row.kind,
    ...(Object.fromEntries(
      Object.entries(optional).filter(([, value]) => value !== undefined && value !== null),
    ) as Partial<EventView>),
    data: row.source === "service" ? withData.parse(parsed).data : parsed,
    hash: row.hash,
  };
}
