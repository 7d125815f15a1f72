import { z } from "zod";

import type { ServiceContext } from "../context";
import type { Person } from "../identity/person";
import { insistOnRole } from "../requests/access";

/** What somebody was allowed to do, from a time on. */
export interface RolesHeld {
  personId: string;
  since: string;
  roles: string[];
  groups: string[];
}

const changedSchema = z.looseObject({
  data: z.looseObject({
    after: z.looseObject({ roles: z.array(z.string()), groups: z.array(z.string()).default([]) }),
  }),
});

/**
 * Gives who held which role when: the changes of roles that were seen at log-ins, in their order.
 *
 * @param at - Only what held at this time. Default: all.
 * @throws `Problem` `forbidden` for whoever is neither auditor nor administrator
 */
export async function rolesHeld(
  { database }: Pick<ServiceContext, "database">,
  caller: Person,
  at?: Date,
): Promise<RolesHeld[]> {
  insistOnRole(caller, "auditor", "administrator");
  let query = database
    .selectFrom("events")
    .select(["actor_id", "at", "text"])
    .where("kind", "=", "rolesChanged")
    .where("actor_id", "is not", null);
  if (at !== undefined) query = query.where("at", "<=", at);
  const held = (await query.orderBy("sequence").execute()).flatMap((row): RolesHeld[] => {
    const changed = changedSchema.safeParse(JSON.parse(row.text)).data?.data.after;
    if (changed === undefined || row.actor_id === null) return [];
    return [
      { personId: row.actor_id, since: row.at.toISOString(), roles: changed.roles, groups: changed.groups },
    ];
  });
  return at === undefined ? held : [...new Map(held.map((one) => [one.personId, one])).values()];
}
