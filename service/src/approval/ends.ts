import { type RawBuilder, sql } from "kysely";

/** Selects an approval, or a use of break-glass, that no apply has used and no other plan has revoked. */
export function isOpen(table: "approvals" | "broken_glass"): RawBuilder<boolean> {
  return sql<boolean>`not exists (select from approval_ends e where e.approval_id = ${sql.ref(`${table}.id`)})`;
}

/** Selects an approval, or a use of break-glass, that no other plan has revoked; an apply may have used it. */
export function isNotRevoked(table: "approvals" | "broken_glass"): RawBuilder<boolean> {
  return sql<boolean>`not exists (select from approval_ends e where e.approval_id = ${sql.ref(`${table}.id`)} and e.how <> 'used')`;
}
