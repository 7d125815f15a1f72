import type { ColumnType, Generated, JSONColumnType } from "kysely";

/** A `jsonb` column: written as JSON text, read as a value that its reader parses. */
type Json = JSONColumnType<object>;
/** A `timestamptz` column. */
type Time = ColumnType<Date, Date | string, Date | string>;

export interface PeopleTable {
  id: string;
  issuer: string;
  subject: string;
  person: string | null;
  name: string | null;
  email: string | null;
  roles: Json;
  groups: Json;
  seen_at: Time;
}

export interface SessionsTable {
  id_hash: Buffer;
  person_id: string;
  authenticated_at: Time;
  expires_at: Time;
  revoked_at: Time | null;
}

export interface CustomersTable {
  id: string;
  stage: string;
  name: string;
  stack: string;
  status: string;
  entry: Json;
  record: Json | null;
  etag: string;
  stack_settings: Json;
  last_update: string | null;
  outside_update: Json | null;
  created_by: string | null;
  created_at: Time;
  updated_at: Time;
  rotated_at: Time | null;
}

export interface CustomerVersionsTable {
  customer_id: string;
  etag: string;
  status: string;
  entry: Json;
  record: Json | null;
  request_id: string | null;
  at: Time;
}

export interface TenantsTable {
  tenant_id: string;
  customer_id: string;
  stage: string;
  name: string;
  cells: Json;
  web_ui_urls: Json;
  read_only_claim: string;
  read_write_claim: string;
  status: string;
  created_by: string | null;
  created_at: Time;
  updated_at: Time;
}

export interface ApplicationsTable {
  application_id: string;
  tenant_id: string;
  cell: string;
  purpose: string;
  client_id: string;
  auth_method: string;
  key_id: string | null;
  token_url: string;
  secret_arn: string;
  status: string;
  created_by: string | null;
  created_at: Time;
  rotated_at: Time | null;
}

export interface BatchesTable {
  id: string;
  created_at: Time;
}

export interface RequestsTable {
  id: string;
  batch_id: string | null;
  kind: string;
  stage: string;
  customer: string | null;
  asked: Json;
  reason: string;
  based_on: string | null;
  state: string;
  rule: Json;
  rule_hash: string;
  required: number;
  signature: string;
  requester_id: string;
  requester_issuer: string;
  requester_subject: string;
  requester_person: string | null;
  plan_id: string | null;
  result: Json | null;
  problem: Json | null;
  created_at: Time;
  updated_at: Time;
  expires_at: Time;
}

export interface PlansTable {
  id: string;
  request_id: string;
  digest: string;
  facts: Json;
  lines: Json;
  changes: Json;
  made_at: Time;
}

export interface ApprovalsTable {
  id: string;
  request_id: string;
  digest: string;
  decision: string;
  comment: string | null;
  approver_id: string;
  approver_issuer: string;
  approver_subject: string;
  approver_person: string;
  requester_issuer: string;
  requester_subject: string;
  requester_person: string | null;
  groups: Json;
  authenticated_at: Time;
  head: string;
  created_at: Time;
  expires_at: Time;
  kind: string;
}

export interface ApprovalEvidenceTable {
  approval_id: string;
  evidence: Json;
}

export interface BrokenGlassTable {
  id: string;
  request_id: string;
  kind: string;
  digest: string;
  reason: string;
  breaker_id: string;
  breaker_issuer: string;
  breaker_subject: string;
  breaker_person: string;
  requester_issuer: string;
  requester_subject: string;
  requester_person: string | null;
  signature: string;
  created_at: Time;
}

export interface GlassReviewsTable {
  glass_id: string;
  comment: string;
  reviewer_id: string;
  reviewer_issuer: string;
  reviewer_subject: string;
  reviewer_person: string;
  breaker_issuer: string;
  breaker_subject: string;
  breaker_person: string;
  created_at: Time;
}

export interface ApprovalEndsTable {
  approval_id: string;
  how: string;
  at: Time;
}

export interface EventsTable {
  sequence: string;
  request_id: string | null;
  kind: string;
  at: Time;
  actor_id: string | null;
  stage: string | null;
  customer: string | null;
  text: string;
  hash: string;
  previous: string;
}

export interface IdempotencyKeysTable {
  caller: string;
  route: string;
  key: string;
  body_hash: string;
  answer: Json | null;
  created_at: Time;
}

export interface LeasesTable {
  stack: string;
  fence: string;
  holder: string | null;
  host: string | null;
  process_group: number | null;
  process_started: string | null;
  expires_at: Time | null;
}

export interface PausesTable {
  stage: string;
  reason: string;
  paused_by: string;
  paused_at: Time;
}

export interface VendorTenantsTable {
  stage: string;
  tenant_id: string;
  name: string;
  seen_at: Time;
}

export interface VendorListsTable {
  stage: string;
  listed_at: Time;
  problem: string | null;
}

export interface ApprovalRulesTable {
  id: Generated<string>;
  stage: string;
  hash: string;
  rule: Json;
  since: Time;
}

export interface DraftsTable {
  id: string;
  owner_id: string;
  fields: Json;
  updated_at: Time;
}

/** The tables of the service's database, as `migrations/` makes them. */
export interface Schema {
  people: PeopleTable;
  sessions: SessionsTable;
  customers: CustomersTable;
  customer_versions: CustomerVersionsTable;
  tenants: TenantsTable;
  applications: ApplicationsTable;
  batches: BatchesTable;
  requests: RequestsTable;
  plans: PlansTable;
  approvals: ApprovalsTable;
  approval_evidence: ApprovalEvidenceTable;
  approval_ends: ApprovalEndsTable;
  broken_glass: BrokenGlassTable;
  glass_reviews: GlassReviewsTable;
  events: EventsTable;
  idempotency_keys: IdempotencyKeysTable;
  leases: LeasesTable;
  pauses: PausesTable;
  vendor_tenants: VendorTenantsTable;
  vendor_lists: VendorListsTable;
  approval_rules: ApprovalRulesTable;
  drafts: DraftsTable;
}
