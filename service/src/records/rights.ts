import type { Schema } from "./schema";

/** The runtime role's rights on a table, in addition to reading it. */
interface Rights {
  insert?: true;
  /** The columns; `true` for all. */
  update?: true | readonly string[];
  delete?: true;
}

/**
 * The rights of the runtime role: the record can only be extended, and what was requested, by whom and under
 * which rule cannot be changed. A table that is not listed cannot be read.
 */
export const runtimeRights: Readonly<Record<keyof Schema, Rights>> = {
  people: { insert: true, update: ["person", "name", "email", "roles", "groups", "seen_at"] },
  sessions: { insert: true, update: true, delete: true },
  customers: {
    insert: true,
    update: [
      ...["status", "entry", "record", "etag", "stack_settings", "last_update", "outside_update"],
      ...["created_by", "updated_at", "rotated_at"],
    ],
  },
  customer_versions: { insert: true },
  tenants: { insert: true, update: true },
  applications: { insert: true, update: true },
  batches: { insert: true },
  requests: {
    insert: true,
    update: ["state", "plan_id", "result", "problem", "updated_at", "expires_at"],
  },
  plans: { insert: true },
  approvals: { insert: true },
  approval_evidence: { insert: true, delete: true },
  approval_ends: { insert: true },
  broken_glass: { insert: true },
  glass_reviews: { insert: true },
  events: { insert: true },
  idempotency_keys: { insert: true, update: ["answer"], delete: true },
  leases: { insert: true, update: true, delete: true },
  pauses: { insert: true, update: true, delete: true },
  vendor_tenants: { insert: true, update: true, delete: true },
  vendor_lists: { insert: true, update: true, delete: true },
  approval_rules: { insert: true },
  drafts: { insert: true, update: ["fields", "updated_at"], delete: true },
  questions: { insert: true },
  answers: { insert: true },
  notices: {
    insert: true,
    update: ["state", "attempts", "due_at", "settled_at", "problem"],
    delete: true,
  },
  absences: { insert: true, update: ["ended_at"] },
  customer_ends: { insert: true, update: ["ends_on"], delete: true },
  retiring_generations: { insert: true, delete: true },
  clock_rotations: { insert: true, update: true, delete: true },
  vendor_tenant_details: { insert: true, update: ["cells"] },
  journal_events: { insert: true },
  journal_copies: { insert: true, update: true },
};

/** Returns the statements that give a role exactly these rights. */
export function grantsTo(role: string): string[] {
  return [
    `revoke all on all tables in schema public from ${role}, public`,
    `revoke create on schema public from ${role}, public`,
    `grant usage on schema public to ${role}`,
    ...Object.entries(runtimeRights).flatMap(([table, rights]) => toGrants(table, rights, role)),
  ];
}

function toGrants(table: string, { insert, update, delete: remove }: Rights, role: string): string[] {
  const columns = update === undefined || update === true ? "" : ` (${update.join(", ")})`;
  const granted = [
    "select",
    ...(insert ? ["insert"] : []),
    ...(update === undefined ? [] : [`update${columns}`]),
    ...(remove ? ["delete"] : []),
  ];
  return [`grant ${granted.join(", ")} on ${table} to ${role}`];
}
