import type { ColumnType, Generated, JSONColumnType, Kysely, Selectable, Transaction } from "kysely";

/** A `jsonb` column: written as JSON text, read as a value that the reader parses. */
type Json = JSONColumnType<object>;
/** A `timestamptz` column. */
type Time = ColumnType<Date, Date | string, Date | string>;

/** The accounts that have called, with names, addresses and roles. Names and addresses are deleted after a time. */
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

/** Sessions of browsers. Only the hash of an id is stored. */
export interface SessionsTable {
  id_hash: Buffer;
  person_id: string;
  authenticated_at: Time;
  expires_at: Time;
  revoked_at: Time | null;
}

/** The customers: the last applied entry, the output record and its ETag. */
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

/** Earlier and present versions of the customers' records. */
export interface CustomerVersionsTable {
  customer_id: string;
  etag: string;
  status: string;
  entry: Json;
  record: Json | null;
  request_id: string | null;
  at: Time;
}

/** All tenants that were ever recorded, deleted ones too. */
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

/** All applications that were ever recorded. */
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

/** Requests that were sent together. */
export interface BatchesTable {
  id: string;
  created_at: Time;
}

/** The requests: content, requester and rule never change. */
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

/** The plans of requests. */
export interface PlansTable {
  id: string;
  request_id: string;
  digest: string;
  facts: Json;
  lines: Json;
  changes: Json;
  made_at: Time;
}

/** The decisions on plans. */
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

/** The ID tokens of decisions. They contain names, and are deleted after a time. */
export interface ApprovalEvidenceTable {
  approval_id: string;
  evidence: Json;
}

/** The uses of break-glass. */
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

/** The reviews of uses of break-glass. */
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

/** How approvals and uses of break-glass ended: used by an apply, or revoked. */
export interface ApprovalEndsTable {
  approval_id: string;
  how: string;
  at: Time;
}

/** The chain of events. */
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

/** The keys of repeatable calls, with their results. */
export interface IdempotencyKeysTable {
  caller: string;
  route: string;
  key: string;
  body_hash: string;
  answer: Json | null;
  created_at: Time;
}

/** The leases of stacks: which worker and engine work on each. */
export interface LeasesTable {
  stack: string;
  fence: string;
  holder: string | null;
  host: string | null;
  process_group: number | null;
  process_started: string | null;
  expires_at: Time | null;
}

/** The paused stages; `*` for all. */
export interface PausesTable {
  stage: string;
  reason: string;
  paused_by: string;
  paused_at: Time;
}

/** The vendor's tenants, as last listed. */
export interface VendorTenantsTable {
  stage: string;
  tenant_id: string;
  name: string;
  seen_at: Time;
}

/** When the vendor's tenants of a stage were last listed. */
export interface VendorListsTable {
  stage: string;
  listed_at: Time;
  problem: string | null;
}

/** The approval rules that have applied to each stage. */
export interface ApprovalRulesTable {
  id: Generated<string>;
  stage: string;
  hash: string;
  rule: Json;
  since: Time;
}

/** Drafts of requests. */
export interface DraftsTable {
  id: string;
  owner_id: string;
  fields: Json;
  updated_at: Time;
}

/** Approvers' questions about requests. */
export interface QuestionsTable {
  id: string;
  request_id: string;
  text: string;
  asked_by: string;
  asked_at: Time;
}

/** The answers to questions. */
export interface AnswersTable {
  question_id: string;
  text: string;
  answered_by: string;
  answered_at: Time;
}

/** The outbox of mails and webhook messages. */
export interface NoticesTable {
  id: string;
  channel: string;
  topic: string;
  key: string;
  person_id: string | null;
  endpoint: string | null;
  request_id: string | null;
  body: string;
  /** The seal of a message to a webhook or a chat: see `signing/notice-seal.ts`. */
  seal: string | null;
  state: Generated<string>;
  attempts: Generated<number>;
  due_at: Time;
  created_at: Time;
  settled_at: Time | null;
  problem: string | null;
}

/** The absences of approvers, and their deputies. */
export interface AbsencesTable {
  id: string;
  person_id: string;
  deputy_id: string;
  from_at: Time;
  until_at: Time;
  signature: string;
  created_at: Time;
  ended_at: Time | null;
}

/** Until when customers are needed. */
export interface CustomerEndsTable {
  customer_id: string;
  /** A date: `2026-12-31`. */
  ends_on: string;
}

/** Generations of credentials that have a successor and still exist. */
export interface RetiringGenerationsTable {
  customer_id: string;
  cell: string;
  purpose: string;
  generation: number;
  client_id: string | null;
  until: Time | null;
}

/** Rotations by the clock in progress, and their problems. */
export interface ClockRotationsTable {
  customer_id: string;
  state: "queued" | "failed" | "beyond" | "asked";
  problem: Json | null;
  request_id: string | null;
  updated_at: Time;
  next_at: Time;
}

/** What is known about the vendor's tenants besides their names. */
export interface VendorTenantDetailsTable {
  stage: string;
  tenant_id: string;
  cells: Json;
  first_seen_at: Time;
}

/** The worker's copies of the stacks' journals. */
export interface JournalEventsTable {
  stack: string;
  id: string;
  position: Generated<string>;
  sequence: string | null;
  kind: string;
  at: Time;
  stage: string;
  customer: string | null;
  actor: string;
  request_id: string | null;
  tenant_id: string | null;
  application_id: string | null;
  client_id: string | null;
  text: string;
  hash: string;
}

/** When a stack's journal was last copied. */
export interface JournalCopiesTable {
  stack: string;
  last_update: string | null;
  copied_at: Time;
  problem: string | null;
}

/** The tables of the service's database, as `migrations/` creates them. */
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
  questions: QuestionsTable;
  answers: AnswersTable;
  notices: NoticesTable;
  absences: AbsencesTable;
  customer_ends: CustomerEndsTable;
  retiring_generations: RetiringGenerationsTable;
  clock_rotations: ClockRotationsTable;
  vendor_tenant_details: VendorTenantDetailsTable;
  journal_events: JournalEventsTable;
  journal_copies: JournalCopiesTable;
}

/** A request, as the database returns it. */
export type RequestRow = Selectable<RequestsTable>;

/** A transaction: each use case writes in one. */
export type Writing = Transaction<Schema>;

/** The database or a transaction, for reading. */
export type Reading = Kysely<Schema>;
