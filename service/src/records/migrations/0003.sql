-- What is to be told to somebody: written in the transaction of what it tells of, sent by the worker. No address is here:
-- it is looked up when the mail is sent.
create table notices (
  id uuid primary key,
  channel text not null check (channel in ('mail', 'webhook')),
  topic text not null,
  -- The same thing is told to the same receiver once.
  key text not null unique,
  -- Whom a mail is to. No reference: to lock the person's row would have two transactions wait for each other.
  person_id uuid,
  -- The name of a webhook in the settings.
  endpoint text,
  request_id uuid references requests,
  -- What it says beside what is read when it is sent: of a webhook, the whole payload. No credential.
  body text not null,
  state text not null default 'waiting' check (state in ('waiting', 'sent', 'superseded', 'failed')),
  attempts int not null default 0,
  due_at timestamptz not null,
  created_at timestamptz not null,
  settled_at timestamptz,
  -- Why the last attempt failed, in a word of ours.
  problem text,
  constraint one_receiver check (
    (channel = 'mail') = (person_id is not null) and (channel = 'webhook') = (endpoint is not null)
  )
);
create index notices_due on notices (channel, due_at) where state = 'waiting';
create index notices_of_request on notices (request_id);

-- An approver is away, and has named a deputy meanwhile.
create table absences (
  id uuid primary key,
  person_id uuid not null references people,
  deputy_id uuid not null references people,
  from_at timestamptz not null,
  until_at timestamptz not null,
  -- The service's signature of all of it, and of the groups that the deputy has meanwhile: see approval/signature.ts.
  signature text not null,
  created_at timestamptz not null,
  -- When it was ended before its time.
  ended_at timestamptz,
  constraint ends_after_it_begins check (until_at > from_at),
  constraint another_account check (person_id <> deputy_id)
);
create index absences_by_end on absences (until_at) where ended_at is null;
