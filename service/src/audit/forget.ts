import { dayMs } from "pulumi-resistant-tenants/internal/clock";

import type { ServiceContext } from "../context";
import { write } from "../records/database";
import { endStates } from "../requests/state-machine";
import { append } from "./chain";

/**
 * Deletes the names and addresses of people who were not seen for `audit.personalDataDays`, and the ID tokens
 * of their approvals, which contain both. Events name people only by id, so the chain stays intact;
 * afterwards an id stands for an account that only the identity provider can resolve.
 *
 * @returns the ids of those people
 */
export async function forgetPeople(
  context: Pick<ServiceContext, "database" | "settings" | "now">,
): Promise<string[]> {
  const since = new Date(context.now().getTime() - context.settings.audit.personalDataDays * dayMs);
  return await write(context, async (writing) => {
    const forgotten = await writing
      .updateTable("people")
      .set({ name: null, email: null })
      .where("seen_at", "<", since)
      .where((where) => where.or([where("name", "is not", null), where("email", "is not", null)]))
      .returning("id")
      .execute();
    const ids = forgotten.map(({ id }) => id);
    // The evidence of open requests is still needed.
    await writing
      .deleteFrom("approval_evidence")
      .where("approval_id", "in", (query) =>
        query
          .selectFrom("approvals")
          .innerJoin("requests", "requests.id", "approvals.request_id")
          .select("approvals.id")
          .where("approvals.created_at", "<", since)
          .where("requests.state", "in", [...endStates]),
      )
      .execute();
    for (const personId of ids)
      await append(context, writing, { kind: "personForgotten", data: { person: personId } });
    return ids;
  });
}
