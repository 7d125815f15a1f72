-- Until when a customer is needed: what the record says beside the stack's. Nothing ends by itself.
create table customer_ends (
  customer_id uuid primary key references customers,
  -- A date: 2026-12-31.
  ends_on text not null check (ends_on ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$')
);

-- Generations of credentials that have a successor and are still alive, as the last apply left them.
create table retiring_generations (
  customer_id uuid not null references customers,
  cell text not null,
  purpose text not null,
  generation int not null,
  client_id text,
  -- When the calendar deletes it; null while its successor is not stored.
  until timestamptz,
  primary key (customer_id, cell, purpose, generation)
);

-- What the service's own clock does with a customer's credentials: one row while something is due.
create table clock_rotations (
  customer_id uuid primary key references customers,
  state text not null check (state in ('queued', 'failed', 'beyond', 'asked')),
  -- Why it was not done: what the engine said, or what would change beside a rotation.
  problem jsonb,
  -- The request that it became.
  request_id uuid references requests,
  updated_at timestamptz not null,
  -- It is not tried again before.
  next_at timestamptz not null
);

-- What is known of the vendor's tenants beside their names.
create table vendor_tenant_details (
  stage text not null,
  tenant_id text not null,
  cells jsonb not null,
  first_seen_at timestamptz not null,
  primary key (stage, tenant_id)
);

-- The events of the stacks' journals, as they are there: copied, so that one search goes over them and the service's own.
create table journal_events (
  stack text not null,
  id text not null,
  -- The order in which they were copied.
  position bigint generated always as identity,
  sequence bigint,
  kind text not null,
  at timestamptz not null,
  stage text not null,
  customer text,
  actor text not null,
  request_id uuid,
  tenant_id text,
  application_id text,
  client_id text,
  text text not null,
  hash text not null,
  primary key (stack, id)
);
create index journal_events_by_time on journal_events (at, id);
create index journal_events_of_customer on journal_events (stage, customer);
create index journal_events_of_tenant on journal_events (tenant_id);

-- How far the journal of each stack was copied.
create table journal_copies (
  stack text primary key,
  last_update text,
  copied_at timestamptz not null,
  problem text
);

create trigger only_added before update or delete on journal_events for each row execute function refuse_change();
create trigger never_emptied before truncate on journal_events for each statement execute function refuse_change();
