-- A service of many years has tens of thousands of requests, nearly all of them ended: what waits is found by its state,
-- and a person's own requests by who made them.
create index requests_by_state on requests (state, created_at, id);
create index requests_of_account on requests (requester_issuer, requester_subject, created_at, id);
create index requests_of_person on requests (requester_person, created_at, id);
create index plans_of_request on plans (request_id, made_at);
-- Each use of an approver's rights looks for the end of absences among all that the absent person has done.
create index ended_absences on events (actor_id) where kind = 'absenceEnded';
-- The audit page begins with the latest.
create index events_by_time on events (at, sequence);
