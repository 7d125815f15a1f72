import { type RawBuilder, sql } from "kysely";

/** Is true of an approval, or a broken glass, that no apply has used and no other plan has revoked. */
export function isOpen(table: "approvals" | "broken_glass"): RawBuilder<boolean> {
  return sql<boolean>`not exists (select from approval_ends e where e.approval_id = ${sql.ref(`${table}.id`)})`;
}
