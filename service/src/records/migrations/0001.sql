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
  stack text not null,
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
create unique index one_living_stack on customers (stack) where status <> 'deleted';

-- What the record was at each ETag, so that whoever wrote from an older one is told what differs. Rows are only added.
create table customer_versions (
  customer_id uuid not null references customers,
  etag text not null,
  status text not null,
  entry jsonb not null,
  record jsonb,
  request_id uuid,
  at timestamptz not null,
  primary key (customer_id, etag)
);

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
  -- How many approvals that is for this request: what the database itself holds to.
  required int not null check (required >= 0),
  -- The service's signature of what was asked, by whom and under which rule: see approval/signature.ts.
  signature text not null,
  requester_id uuid not null references people,
  requester_issuer text not null,
  requester_subject text not null,
  requester_person text,
  -- The present plan.
  plan_id uuid,
  result jsonb,
  problem jsonb,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  expires_at timestamptz not null,
  -- What an approval refers to, so that the database itself can compare who asked and who approves.
  unique (id, kind, requester_issuer, requester_subject),
  constraint production_needs_a_second_person check (stage <> 'production' or required >= 1)
);
create index requests_of_customer on requests (stage, customer, state);
create index requests_by_time on requests (created_at, id);
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
  -- The head of the chain of events that it was shown.
  head text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  kind text not null,
  foreign key (request_id, kind, requester_issuer, requester_subject)
    references requests (id, kind, requester_issuer, requester_subject),
  constraint a_second_person check (
    (approver_issuer, approver_subject) <> (requester_issuer, requester_subject)
    and (requester_person is null or lower(btrim(approver_person)) <> lower(btrim(requester_person)))
  ),
  constraint a_person_approves check (btrim(approver_person) <> '')
);
create index approvals_of_request on approvals (request_id, digest);

-- What shows that an approval was given, to whoever trusts the issuer and not the database: see approval/evidence.ts.
-- An ID token holds personal data: it can be deleted, and the approval then counts for nothing any more.
create table approval_evidence (
  approval_id uuid primary key references approvals,
  evidence jsonb not null
);

-- An administrator broke the glass: the plan of this digest is applied without a second person's approval beforehand.
create table broken_glass (
  id uuid primary key,
  request_id uuid not null,
  kind text not null,
  digest text not null,
  reason text not null check (btrim(reason) <> ''),
  breaker_id uuid not null references people,
  breaker_issuer text not null,
  breaker_subject text not null,
  breaker_person text not null,
  requester_issuer text not null,
  requester_subject text not null,
  requester_person text,
  -- The service's signature of all of it: see approval/signature.ts.
  signature text not null,
  created_at timestamptz not null,
  unique (id, breaker_issuer, breaker_subject),
  foreign key (request_id, kind, requester_issuer, requester_subject)
    references requests (id, kind, requester_issuer, requester_subject),
  constraint a_second_person_breaks_the_glass check (
    (breaker_issuer, breaker_subject) <> (requester_issuer, requester_subject)
    and (requester_person is null or lower(btrim(breaker_person)) <> lower(btrim(requester_person)))
  ),
  constraint a_person_breaks_the_glass check (btrim(breaker_person) <> ''),
  constraint never_for_a_deletion check (kind <> 'delete')
);
create index broken_glass_of_request on broken_glass (request_id);

-- A second person has looked at what was done. Until then the glass cannot be broken again.
create table glass_reviews (
  glass_id uuid primary key,
  comment text not null check (btrim(comment) <> ''),
  reviewer_id uuid not null references people,
  reviewer_issuer text not null,
  reviewer_subject text not null,
  reviewer_person text not null,
  breaker_issuer text not null,
  breaker_subject text not null,
  breaker_person text not null,
  created_at timestamptz not null,
  foreign key (glass_id, breaker_issuer, breaker_subject)
    references broken_glass (id, breaker_issuer, breaker_subject),
  constraint a_second_person_reviews check (
    (reviewer_issuer, reviewer_subject) <> (breaker_issuer, breaker_subject)
    and lower(btrim(reviewer_person)) <> lower(btrim(breaker_person))
  )
);

-- How approvals, and broken glasses, end: used by an apply, or revoked since the plan changed. Rows are only added.
create table approval_ends (
  -- Of `approvals` or of `broken_glass`.
  approval_id uuid primary key,
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
  previous text not null unique,
  constraint hash_of_the_text check (hash = 'sha256:' || encode(sha256(convert_to(text, 'UTF8')), 'hex'))
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

-- The rules of approval as the settings had them. Rows are only added; the last of a stage is the present one.
create table approval_rules (id bigint generated always as identity primary key, stage text not null, hash text not null,
  rule jsonb not null, since timestamptz not null);

-- What is on record stays as it is, for the database's owner too, unless it takes these triggers away first.
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'Rows of % are only added.', tg_table_name using errcode = 'insufficient_privilege';
end $$;

do $$
declare name text;
begin
  foreach name in array array['events', 'approvals', 'approval_ends', 'plans', 'broken_glass', 'glass_reviews',
    'approval_rules', 'customer_versions', 'batches'] loop
    execute format('create trigger only_added before update or delete on %I for each row execute function refuse_change()', name);
    execute format('create trigger never_emptied before truncate on %I for each statement execute function refuse_change()', name);
  end loop;
end $$;

create function refuse_request_change() returns trigger language plpgsql as $$
begin
  if (new.id, new.kind, new.stage, new.customer, new.asked, new.reason, new.based_on, new.rule, new.rule_hash,
      new.required, new.signature, new.requester_id, new.requester_issuer, new.requester_subject,
      new.requester_person, new.created_at)
    is distinct from
     (old.id, old.kind, old.stage, old.customer, old.asked, old.reason, old.based_on, old.rule, old.rule_hash,
      old.required, old.signature, old.requester_id, old.requester_issuer, old.requester_subject,
      old.requester_person, old.created_at) then
    raise exception 'What was asked, by whom and under which rule does not change.' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger asked_for_good before update on requests for each row execute function refuse_request_change();

-- No request goes on to be applied without the approvals of its present plan, whatever the program does.
create function insist_on_approvals() returns trigger language plpgsql as $$
declare
  present text;
  given int;
begin
  if new.required = 0 then
    return new;
  end if;
  select digest into present from plans where id = new.plan_id and request_id = new.id;
  select count(distinct lower(btrim(approver_person))) into given
    from approvals a
    where a.request_id = new.id and a.digest = present and a.decision = 'approve' and a.expires_at > new.updated_at
      and not exists (select from approval_ends e where e.approval_id = a.id);
  if given < new.required and not exists (
    select from broken_glass g
      where g.request_id = new.id and g.digest = present
        and not exists (select from approval_ends e where e.approval_id = g.id)) then
    raise exception 'Request % has % of % approvals of its present plan.', new.id, given, new.required
      using errcode = 'check_violation', constraint = 'approvals_of_the_present_plan';
  end if;
  return new;
end $$;
create trigger approvals_of_the_present_plan before update of state on requests for each row
  when (new.state in ('queued', 'applying') and new.state <> old.state) execute function insist_on_approvals();

create function begin_at_the_beginning() returns trigger language plpgsql as $$
begin
  if new.state <> 'previewing' then
    raise exception 'A request begins with its plan.' using errcode = 'check_violation', constraint = 'begins_previewing';
  end if;
  return new;
end $$;
create trigger begins_previewing before insert on requests for each row execute function begin_at_the_beginning();

-- A glass is not broken again before a second person has looked at the last time.
create function insist_on_review() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtext('broken_glass'));
  if exists (select from broken_glass g where not exists (select from glass_reviews r where r.glass_id = g.id)) then
    raise exception 'The last broken glass was not reviewed yet.'
      using errcode = 'check_violation', constraint = 'reviewed_before_the_next';
  end if;
  return new;
end $$;
create trigger reviewed_before_the_next before insert on broken_glass for each row execute function insist_on_review();
