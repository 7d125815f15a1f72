import { randomUUID } from "node:crypto";

import type { Person } from "../person";
import { Problem } from "../problem";
import type { Reading, Writing } from "./schema";

/** A stored draft of a form. */
export interface StoredDraft {
  id: string;
  fields: Readonly<Record<string, unknown>>;
  updatedAt: Date;
}

/** The most drafts that one person may have. */
const mostDrafts = 100;

/** Lists a person's drafts, the latest first. No one else sees them. */
export async function listDrafts(reading: Reading, owner: Person): Promise<StoredDraft[]> {
  const rows = await reading
    .selectFrom("drafts")
    .selectAll()
    .where("owner_id", "=", owner.id)
    .orderBy("updated_at", "desc")
    .execute();
  return rows.map(({ id, fields, updated_at: updatedAt }) => ({
    id,
    fields: fields as Readonly<Record<string, unknown>>,
    updatedAt,
  }));
}

/**
 * Finds one of a person's drafts.
 *
 * @throws {@link Problem} `notFound`
 */
export async function findDraft(reading: Reading, owner: Person, id: string): Promise<StoredDraft> {
  const draft = (await listDrafts(reading, owner)).find((one) => one.id === id);
  if (draft === undefined) throw new Problem("notFound", `You have no draft ${id}.`);
  return draft;
}

/**
 * Stores a draft; replaces an earlier one if its id is given.
 *
 * @throws {@link Problem} `notFound`; `conflict` if the person has too many
 */
export async function keepDraft(
  writing: Writing,
  owner: Person,
  draft: { id: string | undefined; fields: object; now: Date },
): Promise<string> {
  const { id, fields, now } = draft;
  if (id !== undefined) {
    await findDraft(writing, owner, id);
    await writing
      .updateTable("drafts")
      .set({ fields: JSON.stringify(fields) as never, updated_at: now })
      .where("id", "=", id)
      .execute();
    return id;
  }
  if ((await listDrafts(writing, owner)).length >= mostDrafts)
    throw new Problem("conflict", `You already have ${mostDrafts} drafts: send or delete some first.`);
  const added = randomUUID();
  await writing
    .insertInto("drafts")
    .values({ id: added, owner_id: owner.id, fields: JSON.stringify(fields) as never, updated_at: now })
    .execute();
  return added;
}

/** Deletes some of a person's drafts. */
export async function deleteDrafts(writing: Writing, owner: Person, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await writing.deleteFrom("drafts").where("owner_id", "=", owner.id).where("id", "in", ids).execute();
}
