-- Forms that somebody has begun on the page, and not sent.
create table drafts (
  id uuid primary key,
  owner_id uuid not null references people,
  fields jsonb not null,
  updated_at timestamptz not null
);
create index drafts_of_owner on drafts (owner_id, updated_at);
