import { z } from "zod";

import type { ServiceContext } from "../context";
import { insistOnRole, type Person } from "../person";
import { write } from "../records/database";
import { append } from "./chain";

/** A person's roles during a period. */
export interface RolesHeld {
  personId: string;
  /** Absent if it was deleted. */
  name?: string;
  since: string;
  /** When the roles changed; absent if they are current. */
  until?: string;
  roles: string[];
  groups: string[];
}

/** The criteria of a search for roles. */
export interface RolesFilter {
  /** Only roles held at this time. Default: all. */
  at?: Date;
  /** The id, subject, name or address of a person. Default: everyone. */
  person?: string;
}

const changedSchema = z.looseObject({
  data: z.looseObject({
    after: z.looseObject({ roles: z.array(z.string()), groups: z.array(z.string()).default([]) }),
  }),
});

/**
 * Returns who held which role when: the changes seen at log-ins, in order.
 *
 * @throws `Problem` `forbidden` for callers who are neither auditor nor administrator
 */
export async function rolesHeld(
  context: Pick<ServiceContext, "database" | "now">,
  caller: Person,
  { at, person }: RolesFilter = {},
): Promise<RolesHeld[]> {
  insistOnRole(caller, "auditor", "administrator");
  const rows = await context.database
    .selectFrom("events")
    .innerJoin("people", "people.id", "events.actor_id")
    .select(["people.id", "people.name", "people.subject", "people.email", "events.at", "text"])
    .where("kind", "=", "rolesChanged")
    .orderBy("sequence")
    .execute();
  const asked = rows.filter(
    ({ id, name, subject, email }) => person === undefined || [id, name, subject, email].includes(person),
  );
  const held = asked.flatMap(({ id, name, at: since, text }): RolesHeld[] => {
    const { data } = changedSchema.safeParse(JSON.parse(text));
    if (data === undefined) return [];
    const { roles, groups } = data.data.after;
    const named = name === null ? {} : { name };
    return [{ personId: id, ...named, since: since.toISOString(), roles, groups }];
  });
  await write(context, (writing) =>
    append(context, writing, {
      kind: "auditRead",
      actorId: caller.id,
      data: { what: "roles", ...(at === undefined ? {} : { at: at.toISOString() }) },
    }),
  );
  const next = new Map<string, string>();
  const spans = held.toReversed().map((one) => {
    const until = next.get(one.personId);
    next.set(one.personId, one.since);
    return until === undefined ? one : { ...one, until };
  });
  spans.reverse();
  if (at === undefined) return spans;
  const then = at.toISOString();
  return spans.filter(({ since, until }) => since <= then && (until === undefined || until > then));
}
