import type { ServiceContext } from "../context";
import { Problem } from "../problem";
import { type Page, pageOf, type Paging } from "../records/paging";

/** The criteria of a list of notices. */
export interface NoticeFilter extends Paging {
  state?: string | undefined;
  channel?: string | undefined;
}

/** A mail or a webhook message for administrators and auditors: without address and text. */
export interface NoticeView {
  id: string;
  channel: string;
  topic: string;
  state: string;
  /** The id of a mail's recipient. */
  person?: string;
  webhook?: string;
  request?: string;
  attempts: number;
  problem?: string;
  createdAt: string;
  nextAttemptAt?: string;
  settledAt?: string;
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Lists notices, the newest first.
 *
 * @throws {@link Problem} `invalid` if `after` is no `next`
 */
export async function listNotices(
  { database }: Pick<ServiceContext, "database">,
  { state, channel, limit, after }: NoticeFilter,
): Promise<Page<NoticeView>> {
  let query = database.selectFrom("notices").selectAll();
  if (state !== undefined) query = query.where("state", "=", state);
  if (channel !== undefined) query = query.where("channel", "=", channel);
  if (after !== undefined) {
    const last = uuid.test(after)
      ? await database
          .selectFrom("notices")
          .select(["created_at", "id"])
          .where("id", "=", after)
          .executeTakeFirst()
      : undefined;
    if (last === undefined) throw new Problem("invalid", "after: use the `next` of the previous page.");
    query = query.where((where) =>
      where(where.refTuple("created_at", "id"), "<", where.tuple(last.created_at, last.id)),
    );
  }
  const rows = await query
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .limit(limit + 1)
    .execute();
  const page = pageOf(rows, limit, ({ id }) => id);
  return {
    ...page,
    items: page.items.map((row) => ({
      id: row.id,
      channel: row.channel,
      topic: row.topic,
      state: row.state,
      ...(row.person_id === null ? {} : { person: row.person_id }),
      ...(row.endpoint === null ? {} : { webhook: row.endpoint }),
      ...(row.request_id === null ? {} : { request: row.request_id }),
      attempts: row.attempts,
      ...(row.problem === null ? {} : { problem: row.problem }),
      createdAt: row.created_at.toISOString(),
      ...(row.state === "waiting" ? { nextAttemptAt: row.due_at.toISOString() } : {}),
      ...(row.settled_at === null ? {} : { settledAt: row.settled_at.toISOString() }),
    })),
  };
}
