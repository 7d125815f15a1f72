import type { Reading } from "../records/schema";

/** A person in an event; without a name if it was deleted or is unknown. */
export interface SeenPerson {
  id: string;
  name?: string;
}

/** The requester and the approvers of a request. */
export interface RequestPeople {
  requester: SeenPerson;
  approvers: SeenPerson[];
}

/** Finds the requesters and approvers of some requests. */
export async function peopleOf(
  reading: Reading,
  requestIds: readonly string[],
): Promise<Map<string, RequestPeople>> {
  const ids = [...new Set(requestIds)];
  if (ids.length === 0) return new Map();
  const [requests, approvals] = await Promise.all([
    reading
      .selectFrom("requests")
      .innerJoin("people", "people.id", "requests.requester_id")
      .select(["requests.id", "people.id as person_id", "people.name"])
      .where("requests.id", "in", ids)
      .execute(),
    reading
      .selectFrom("approvals")
      .innerJoin("people", "people.id", "approvals.approver_id")
      .select(["request_id", "people.id as person_id", "people.name"])
      .where("request_id", "in", ids)
      .where("decision", "=", "approve")
      .orderBy("created_at")
      .execute(),
  ]);
  return new Map(
    requests.map((request) => [
      request.id,
      {
        requester: toPerson(request),
        approvers: approvals
          .filter(({ request_id: id }) => id === request.id)
          .map(toPerson)
          .filter(({ id }, index, all) => all.findIndex((other) => other.id === id) === index),
      },
    ]),
  );
}

function toPerson({ person_id: id, name }: { person_id: string; name: string | null }): SeenPerson {
  return { id, ...(name === null ? {} : { name }) };
}
