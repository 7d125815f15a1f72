import { type RawBuilder, sql } from "kysely";

import { append } from "../audit/chain";
import type { ServiceContext } from "../context";
import type { RequestRow, Writing } from "../records/schema";
import { differencesOf } from "../requests/differences";

/* How approvals, and uses of break-glass, end: an apply uses them, or another plan revokes them. */

/** Selects an approval, or a use of break-glass, that no apply has used and no other plan has revoked. */
export function isOpen(table: "approvals" | "broken_glass"): RawBuilder<boolean> {
  return sql<boolean>`not exists (select from approval_ends e where e.approval_id = ${sql.ref(`${table}.id`)})`;
}

/** Selects an approval, or a use of break-glass, that no other plan has revoked; an apply may have used it. */
export function isNotRevoked(table: "approvals" | "broken_glass"): RawBuilder<boolean> {
  return sql<boolean>`not exists (select from approval_ends e where e.approval_id = ${sql.ref(`${table}.id`)} and e.how <> 'used')`;
}

/** Records that an apply uses approvals. A second use is a conflict in the database. */
export async function useUp(
  { now }: Pick<ServiceContext, "now">,
  writing: Writing,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  const ends = ids.map((id) => ({ approval_id: id, how: "used", at: now() }));
  await writing.insertInto("approval_ends").values(ends).execute();
}

/** Revokes the approvals of the request's other plans for good, and records the differences. */
export async function revokeOthers(
  context: ServiceContext,
  writing: Writing,
  request: RequestRow,
  plan: { digest: string; lines: readonly string[] },
): Promise<void> {
  const open = (table: "approvals" | "broken_glass") =>
    writing
      .selectFrom(table)
      .select([`${table}.id`, `${table}.digest`])
      .where("request_id", "=", request.id)
      .where("digest", "<>", plan.digest)
      .where(isOpen(table))
      .execute();
  const ended = [...(await open("approvals")), ...(await open("broken_glass"))];
  if (ended.length === 0) return;
  const at = context.now();
  await writing
    .insertInto("approval_ends")
    .values(ended.map(({ id }) => ({ approval_id: id, how: "revoked", at })))
    .execute();
  const before = await writing
    .selectFrom("plans")
    .select(["digest", "lines", "facts"])
    .where("id", "=", request.plan_id ?? "")
    .executeTakeFirst();
  await append(context, writing, {
    kind: "approvalsRevoked",
    requestId: request.id,
    stage: request.stage,
    customer: request.customer ?? undefined,
    data: {
      approvals: ended.map(({ id }) => id),
      before: before?.digest ?? null,
      after: plan.digest,
      differences: differencesOf({ lines: before?.lines ?? [] }, { lines: plan.lines }),
    },
  });
}
