-- The service's database: the system of record, requests and their approvals, the chain of events.
-- Run by the owner of the database. The runtime's role gets its rights at the end.

-- Whoever was seen. Events name people by this id alone, so that names can be forgotten without breaking the chain.
create table people (
  id uuid primary key,
  issuer text not null,
  subject text not null,
  -- The configured claim that says who it is across accounts, such as the employee number. Machines have none.
  person text,
  name text,
  email text,
  roles jsonb not null,
  groups jsonb not null,
  seen_at timestamptz not null,
  unique (issuer, subject)
);

create table sessions (
  -- SHA-256 of the random id in the cookie.
  id_hash bytea primary key,
  person_id uuid not null references people,
  authenticated_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz
);

create table customers (
  id uuid primary key,
  stage text not null,
  name text not null,
  -- The stack's name without organization and project: [a-z0-9-].
  stack text not null unique,
  status text not null check (status in ('pending', 'active', 'deprecated', 'released', 'deleted')),
  -- The declared entry, as in `tenants:customers`, after the last apply.
  entry jsonb not null,
  -- The stack's output record (CustomerRecord) after the last apply.
  record jsonb,
  -- Changes with each apply: the ETag that requests are based on.
  etag text not null,
  -- What Pulumi.<stack>.yaml holds beside `config`: encryptionsalt, or secretsprovider and encryptedkey.
  stack_settings jsonb not null default '{}',
  -- The engine's own id of its last update by the service; another one found there was made outside.
  last_update text,
  outside_update jsonb,
  created_by uuid references people,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  rotated_at timestamptz
);
create unique index one_living_customer on customers (stage, name) where status <> 'deleted';

create table tenants (
  tenant_id text primary key,
  customer_id uuid not null references customers,
  stage text not null,
  name text not null,
  cells jsonb not null,
  web_ui_urls jsonb not null,
  read_only_claim text not null,
  read_write_claim text not null,
  status text not null check (status in ('active', 'deprecated', 'released', 'deleted')),
  created_by uuid references people,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

create table applications (
  application_id text primary key,
  tenant_id text not null references tenants,
  cell text not null,
  purpose text not null,
  client_id text not null,
  auth_method text not null,
  key_id text,
  token_url text not null,
  secret_arn text not null,
  status text not null check (status in ('active', 'deprecated', 'released', 'deleted')),
  created_by uuid references people,
  created_at timestamptz not null,
  rotated_at timestamptz
);

create table batches (id uuid primary key, created_at timestamptz not null);

create table requests (
  id uuid primary key,
  batch_id uuid references batches,
  kind text not null,
  stage text not null,
  -- The customer's name; null for an upgrade of several.
  customer text,
  -- What was sent: NewRequest.
  asked jsonb not null,
  reason text not null,
  based_on text,
  state text not null,
  -- The approval rule of the stage when it was asked: the stricter of this and the present one applies.
  rule jsonb not null,
  rule_hash text not null,
  requester_id uuid not null references people,
  requester_issuer text not null,
  requester_subject text not null,
  requester_person text,
  -- The present plan.
  plan_id uuid,
  -- Set for good once somebody broke the glass.
  break_glass_by uuid references people,
  break_glass_reason text,
  break_glass_reviewed_by uuid references people,
  result jsonb,
  problem jsonb,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  expires_at timestamptz not null,
  -- What an approval refers to, so that the database itself can compare who asked and who approves.
  unique (id, requester_issuer, requester_subject),
  constraint a_second_person_reviews check (break_glass_reviewed_by is null or break_glass_reviewed_by <> break_glass_by)
);
-- One request at a time begins a customer: a double click is one tenant.
create unique index one_beginning on requests (stage, customer)
  where kind in ('createCustomer', 'adopt')
    and state not in ('done', 'refused', 'withdrawn', 'expired');

create table plans (
  id uuid primary key,
  request_id uuid not null references requests,
  digest text not null,
  -- What the digest is taken of: wanted steps, starting state, settings, versions, the policy pack's verdict. No secret.
  facts jsonb not null,
  -- The plan in plain words, made from `facts`.
  lines jsonb not null,
  changes jsonb not null,
  -- The engine's own plan file; what is secret in it is encrypted with the stack's key.
  engine_plan bytea,
  made_at timestamptz not null
);
alter table requests add foreign key (plan_id) references plans;

create table approvals (
  id uuid primary key,
  request_id uuid not null,
  digest text not null,
  decision text not null check (decision in ('approve', 'refuse')),
  comment text,
  approver_id uuid not null references people,
  approver_issuer text not null,
  approver_subject text not null,
  approver_person text not null,
  requester_issuer text not null,
  requester_subject text not null,
  requester_person text,
  -- The approver's groups when it was given.
  groups jsonb not null,
  authenticated_at timestamptz not null,
  -- What shows that it was given, to whoever trusts the issuer and not the database: see approval/evidence.ts.
  evidence jsonb not null,
  -- The head of the chain of events that it was shown.
  head text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  foreign key (request_id, requester_issuer, requester_subject)
    references requests (id, requester_issuer, requester_subject),
  constraint a_second_person check (
    (approver_issuer, approver_subject) <> (requester_issuer, requester_subject)
    and (requester_person is null or approver_person <> requester_person)
  )
);
create unique index one_decision_each on approvals (request_id, digest, approver_person);

-- How approvals end: used by an apply, or revoked since the plan changed. Rows are only added.
create table approval_ends (
  approval_id uuid primary key references approvals,
  how text not null check (how in ('used', 'revoked')),
  at timestamptz not null
);

-- The chain of events: see audit/chain.ts. `text` is what its hash is taken of.
create table events (
  sequence bigint primary key,
  request_id uuid references requests,
  kind text not null,
  at timestamptz not null,
  actor_id uuid references people,
  stage text,
  customer text,
  text text not null,
  hash text not null unique,
  previous text not null unique
);
create index events_of_request on events (request_id, sequence);
create index events_of_customer on events (customer, sequence);
create index events_of_actor on events (actor_id, sequence);

create table idempotency_keys (
  caller uuid not null references people,
  route text not null,
  key text not null,
  body_hash text not null,
  -- The request (or batch) that the first call made; null while it is being made.
  answer jsonb,
  created_at timestamptz not null,
  primary key (caller, route, key)
);

-- Who works on a customer's stack. Whoever takes over adds one to the fence.
create table leases (
  stack text primary key,
  fence bigint not null,
  holder text,
  host text,
  -- The process group of the engine, and when it was started, by the host's own clock.
  process_group int,
  process_started text,
  expires_at timestamptz
);

create table pauses (
  -- '*' for every stage.
  stage text primary key,
  reason text not null,
  paused_by uuid not null references people,
  paused_at timestamptz not null
);

-- The tenants at the vendor, as the worker saw them last.
create table vendor_tenants (stage text, tenant_id text, name text not null, seen_at timestamptz not null,
  primary key (stage, tenant_id));
create table vendor_lists (stage text primary key, listed_at timestamptz not null, problem text);

create table approval_rules (stage text, hash text, rule jsonb not null, since timestamptz not null,
  primary key (stage, hash));
