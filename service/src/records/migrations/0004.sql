-- What an approver asks about a request that waits, and what whoever asked for it answers. Rows are only added.
create table questions (
  id uuid primary key,
  request_id uuid not null references requests,
  text text not null check (btrim(text) <> '' and length(text) <= 1000),
  asked_by uuid not null references people,
  asked_at timestamptz not null
);
create index questions_of_request on questions (request_id, asked_at);

create table answers (
  question_id uuid primary key references questions,
  text text not null check (btrim(text) <> '' and length(text) <= 1000),
  answered_by uuid not null references people,
  answered_at timestamptz not null
);

do $$
declare name text;
begin
  foreach name in array array['questions', 'answers'] loop
    execute format('create trigger only_added before update or delete on %I for each row execute function refuse_change()', name);
    execute format('create trigger never_emptied before truncate on %I for each statement execute function refuse_change()', name);
  end loop;
end $$;
