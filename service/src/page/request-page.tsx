import type { RequestState } from "../requests/request";
import { endStates } from "../requests/state-machine";
import type { RequestView } from "../requests/view";
import { FormKey, Name, ProblemBox, StateBadge, Time } from "./parts";
import { stateWords, wordsOfEvent } from "./words";

/** Something that happened to a request. */
export interface ShownEvent {
  sequence: string;
  kind: string;
  at: string;
  by: string | undefined;
  data: Readonly<Record<string, unknown>>;
}

/** What a page of a request shows beside the request. */
export interface RequestPageProps {
  request: RequestView;
  events: readonly ShownEvent[];
  /** The kinds of event that the page follows. */
  kinds: readonly string[];
  /** Why whoever looks may not decide; undefined where they may. */
  objection: string | undefined;
  /** Who else may decide, in words. */
  deciders: string;
  isRequester: boolean;
  isAdministrator: boolean;
  /** What differs from the plan before; empty for a first one. */
  sinceLastPlan: readonly string[];
  /** The place in the queue, from 1; undefined where it waits for people, or for nobody. */
  place: number | undefined;
  /** A random text for each form. */
  formKey: string;
}

/** A request: what is asked, what would change, what happened, and what can be done about it. */
export function RequestPage(props: RequestPageProps) {
  const { request, events, kinds, place } = props;
  const words = stateWords[request.state as RequestState];
  return (
    <>
      <p>
        <StateBadge state={request.state} /> <span id="next">{words.next}</span>
        {place !== undefined && place > 1 && <> It has place {place} in the queue.</>}
      </p>
      <dl>
        <dt>Who asks</dt>
        <dd>
          <Name person={request.requestedBy} />, <Time at={request.createdAt} />
        </dd>
        <dt>Why</dt>
        <dd>{request.reason}</dd>
        {request.expiresAt !== undefined && (
          <>
            <dt>Until when</dt>
            <dd>
              <Time at={request.expiresAt} />
            </dd>
          </>
        )}
      </dl>
      <BrokenGlass {...props} />
      <Problem {...props} />
      <Result {...props} />
      <Plan {...props} />
      <Decide {...props} />
      <BreakGlass {...props} />
      <Approvals {...props} />
      <h2>What happened</h2>
      <ol
        id="events"
        class="events"
        data-follow={isOver(request.state) ? undefined : `/api/v1/requests/${request.id}/events`}
        data-kinds={kinds.join(" ")}
        aria-live="polite"
      >
        {events.map((event) => (
          <Happened key={event.sequence} event={event} />
        ))}
      </ol>
      <Actions {...props} />
    </>
  );
}

function Happened({ event }: { event: ShownEvent }) {
  const words = wordsOfEvent(event.kind, event.data);
  if (words === undefined) return null;
  return (
    <li data-id={event.sequence}>
      <Time at={event.at} /> {words}
      {event.by !== undefined && <> ({event.by})</>}
    </li>
  );
}

function isOver(state: string): boolean {
  return endStates.some((end) => end === state) || state === "failed";
}

function Plan({ request, sinceLastPlan }: RequestPageProps) {
  const { plan } = request;
  if (plan === null || plan === undefined) return null;
  const lines = plan.lines as readonly string[];
  const irreversible = lines.filter((line) => /\bcannot be undone\b/i.test(line));
  return (
    <section>
      <h2>What changes</h2>
      <ul>
        {lines
          .filter((line) => !irreversible.includes(line))
          .map((line) => (
            <li key={line}>{line}</li>
          ))}
      </ul>
      {irreversible.length > 0 && (
        <article class="irreversible">
          {irreversible.map((line) => (
            <p key={line}>{line}</p>
          ))}
        </article>
      )}
      {sinceLastPlan.length > 0 && (
        <>
          <h3>What is different from the plan before</h3>
          <ul>
            {sinceLastPlan.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </>
      )}
      <p>
        <small>
          Plan <code>{plan.digest}</code>, made <Time at={plan.madeAt} />
        </small>
      </p>
    </section>
  );
}

function Decide({ request, objection, deciders }: RequestPageProps) {
  const { plan } = request;
  if (request.state !== "waitingForApproval" || plan === null || plan === undefined) return null;
  return (
    <section aria-labelledby="decide">
      <h2 id="decide">Decide</h2>
      <p>{deciders}</p>
      {objection !== undefined ? (
        <p>You cannot decide: {objection}</p>
      ) : (
        <form method="post" action={`/requests/${request.id}/decision`}>
          <input type="hidden" name="digest" value={plan.digest} />
          <label>
            Comment
            <input name="comment" maxLength={1000} />
          </label>
          <p>
            <small>
              You will be asked to log in again: that log-in is your signature under this very plan.
            </small>
          </p>
          <div class="buttons">
            <button name="decision" value="approve">
              Approve
            </button>
            <button name="decision" value="refuse" class="secondary">
              Refuse
            </button>
          </div>
        </form>
      )}
    </section>
  );
}

function Approvals({ request: { approvals } }: RequestPageProps) {
  if (approvals.length === 0) return null;
  return (
    <section>
      <h2>Decisions</h2>
      <ul>
        {approvals.map((approval) => (
          <li key={approval.id}>
            <Name person={approval.approver} /> {approval.decision === "approve" ? "approved" : "refused"},{" "}
            <Time at={approval.at} /> ({approval.status}
            {approval.status === "valid" && (
              <>
                {" "}
                until <Time at={approval.expiresAt} />
              </>
            )}
            ){typeof approval.comment === "string" && approval.comment !== "" && <>: “{approval.comment}”</>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function BrokenGlass({ request, formKey }: RequestPageProps) {
  const { brokenGlass: glass } = request;
  if (glass === null || glass === undefined) return null;
  return (
    <ProblemBox title="Glass broken">
      <p>
        <Name person={glass.by} /> had this applied without a second person, <Time at={glass.at} />:{" "}
        {glass.reason}
      </p>
      <p>
        {glass.review === null || glass.review === undefined ? (
          "Nobody has reviewed it yet: a second person must, before the glass can be broken again."
        ) : (
          <>
            <Name person={glass.review.by} /> reviewed it: {glass.review.comment}
          </>
        )}
      </p>
      {(glass.review === null || glass.review === undefined) && (
        <form method="post" action={`/requests/${request.id}/break-glass/review`}>
          <FormKey value={`${formKey}-review`} />
          <label>
            What the review found
            <input name="reason" maxLength={1000} required />
          </label>
          <button class="secondary">Review it</button>
        </form>
      )}
    </ProblemBox>
  );
}

function BreakGlass({ request, isRequester, isAdministrator, formKey }: RequestPageProps) {
  const { plan } = request;
  if (!isAdministrator || isRequester || request.state !== "waitingForApproval") return null;
  if (plan === null || plan === undefined) return null;
  return (
    <details>
      <summary>It cannot wait for an approval</summary>
      <form method="post" action={`/requests/${request.id}/break-glass`}>
        <FormKey value={`${formKey}-glass`} />
        <input type="hidden" name="digest" value={plan.digest} />
        <label>
          Why it cannot wait
          <input name="reason" maxLength={1000} required />
        </label>
        <p>
          <small>
            It stays visible for good, and a second person must review it before the glass can be broken
            again.
          </small>
        </p>
        <button class="secondary">Break the glass</button>
      </form>
    </details>
  );
}

function Problem({ request: { problem } }: RequestPageProps) {
  if (problem === null || problem === undefined) return null;
  const { title, detail } = problem as { title?: unknown; detail?: unknown };
  return (
    <ProblemBox title={typeof title === "string" ? title : "What went wrong"}>
      <p>{typeof detail === "string" ? detail : JSON.stringify(problem)}</p>
    </ProblemBox>
  );
}

function Result({ request: { result, stage, ...request } }: RequestPageProps) {
  if (result === null || result === undefined || request.state !== "done") return null;
  const { name } = (request.customer ?? {}) as { name?: unknown };
  if (typeof name !== "string") return null;
  return (
    <p>
      See <a href={`/customers/${stage}/${name}`}>customer {name}</a>: its Web UI, its cells, and where its
      credentials are.
    </p>
  );
}

function Actions({ request, isRequester, isAdministrator, formKey }: RequestPageProps) {
  const mayWithdraw =
    (isRequester || isAdministrator) &&
    ["previewing", "waitingForApproval", "queued", "failed"].includes(request.state);
  const mayRetry = isAdministrator && request.state === "failed";
  const hasEnded = ["refused", "withdrawn", "expired", "failed"].includes(request.state);
  return (
    <div class="buttons">
      {mayRetry && (
        <form method="post" action={`/requests/${request.id}/retry`}>
          <FormKey value={`${formKey}-retry`} />
          <button>Retry</button>
        </form>
      )}
      {mayWithdraw && (
        <form method="post" action={`/requests/${request.id}/withdrawal`}>
          <FormKey value={`${formKey}-withdraw`} />
          <button class="secondary">Withdraw</button>
        </form>
      )}
      {hasEnded && isRequester && (
        <a role="button" class="outline" href={`/requests/new?from=${request.id}`}>
          Ask again with these fields
        </a>
      )}
    </div>
  );
}
