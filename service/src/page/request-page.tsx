import { describeSameCustomerId, type RequestState } from "../requests/request";
import { failedAsStale } from "../requests/stale";
import { endStates } from "../requests/state-machine";
import { BreakGlass, BrokenGlass } from "./break-glass";
import { DecisionCard } from "./decision-card";
import { nextStep } from "./next-step";
import { FormKey, Live, ProblemBox, StateBadge, Time } from "./parts";
import { foldSteps, stepOf } from "./progress-words";
import { Questions } from "./questions";
import type { RequestPageProps } from "./request-page-props";
import { wordsOfEvent } from "./words";

/** The page of a request: its state, possible actions, questions, changes and history. */
export function RequestPage(props: RequestPageProps) {
  const { request, kinds } = props;
  const { state } = request;
  return (
    <div
      id="request"
      data-follow={
        endStates.some((end) => end === state) ? undefined : `/api/v1/requests/${request.id}/events`
      }
      data-kinds={kinds.join(" ")}
    >
      <Live id="status" role="status">
        <Status {...props} />
      </Live>
      <Live id="problem">
        <Problem {...props} />
        <BrokenGlass {...props} />
      </Live>
      <Live id="result">
        <Result {...props} />
      </Live>
      <Live id="actions">
        <Actions {...props} />
      </Live>
      <Live id="questions">
        <Questions {...props} />
      </Live>
      <Live id="card">
        <DecisionCard {...props} />
      </Live>
      <Live id="glass">
        <BreakGlass {...props} />
      </Live>
      <h2>What happened</h2>
      <Live id="history">
        <History {...props} />
      </Live>
    </div>
  );
}

function Status({ request, objection, isRequester, isAdministrator, situation, events }: RequestPageProps) {
  const { place, pause, blockedBy, sameCustomerId } = situation;
  const mayDecide = objection === undefined && request.state === "waitingForApproval";
  const last = events.at(-1);
  const isAtWork = (["previewing", "queued", "applying"] satisfies RequestState[]).some(
    (state) => state === request.state,
  );
  return (
    <>
      <p>
        <StateBadge state={request.state} /> {nextStep(request, { isRequester, mayDecide, isAdministrator })}
      </p>
      {place !== undefined && place > 1 && request.state !== "applying" && (
        <p>
          It has place {place} in the queue: {place === 2 ? "one other is" : `${place - 1} others are`} before
          it.
        </p>
      )}
      {pause !== undefined && (
        <p>
          <strong>The work is paused</strong> since <Time at={pause.at} />
          {pause.by !== undefined && <> by {pause.by}</>}: {pause.reason}. It starts by itself once an
          administrator resumes the work.
        </p>
      )}
      {blockedBy !== undefined && (
        <p>
          <a href={`/requests/${blockedBy}`}>Another request for this customer</a> failed halfway, and blocks
          this one until an administrator retries it or it is withdrawn.
        </p>
      )}
      {sameCustomerId !== undefined && (
        <p>
          <strong>{describeSameCustomerId(sameCustomerId)}</strong>
        </p>
      )}
      {isAtWork && last?.kind === "progress" && (
        <p aria-busy="true">
          {wordsOfEvent(last.kind, last.data)} (since <Time at={last.at} precision="seconds" />)
        </p>
      )}
    </>
  );
}

function Problem({ request: { problem, approvals, state } }: RequestPageProps) {
  const refusal = approvals.find(({ decision }) => decision === "refuse");
  if (state === "refused" && refusal !== undefined)
    return (
      <ProblemBox title={`${refusal.approver.name ?? "An approver"} refused it`}>
        <p>{refusal.comment ?? "No reason was given: ask the person who refused it."}</p>
      </ProblemBox>
    );
  if (problem === null || problem === undefined) return null;
  const { title, detail } = problem as { title?: unknown; detail?: unknown };
  return (
    <ProblemBox title={typeof title === "string" ? title : "What went wrong"}>
      <p>{typeof detail === "string" ? detail : JSON.stringify(problem)}</p>
    </ProblemBox>
  );
}

/** The displayed part of an apply's result. */
interface Applied {
  name?: unknown;
  status?: unknown;
}

function Result({ request: { result, stage, state } }: RequestPageProps) {
  if (result === null || result === undefined || state !== "done") return null;
  const applied = result as Applied & { customers?: readonly Applied[] };
  const { customers = [applied] } = applied;
  return (
    <ul class="rows">
      {customers.map(({ name, status }) =>
        typeof name !== "string" ? null : (
          <li key={name}>
            <a href={`/customers/${stage}/${name}`}>Customer {name}</a>
            {typeof status === "string" && <>, {status}</>}: its Web UI, its cells, where its credentials are,
            and what to tell the vendor.
          </li>
        ),
      )}
    </ul>
  );
}

function Actions({ request, isRequester, isAdministrator, formKey }: RequestPageProps) {
  const state = request.state;
  const mayWithdraw =
    (isRequester || isAdministrator) &&
    (["previewing", "waitingForApproval", "queued", "failed"] satisfies RequestState[]).some(
      (one) => one === state,
    );
  const mayRetry = isAdministrator && state === "failed" && !failedAsStale(request.problem);
  const mayAskAgain =
    isRequester &&
    (["refused", "withdrawn", "expired"] satisfies RequestState[]).some((one) => one === state);
  if (!mayWithdraw && !mayRetry && !mayAskAgain) return null;
  return (
    <div class="buttons">
      {mayRetry && (
        <form method="post" action={`/requests/${request.id}/retry`}>
          <FormKey value={`${formKey}-retry`} />
          <button>Try again from where it stopped</button>
        </form>
      )}
      {mayAskAgain && (
        <a role="button" href={`/requests/new?from=${request.id}`}>
          Send again with these fields
        </a>
      )}
      {mayWithdraw && (
        <form method="post" action={`/requests/${request.id}/withdrawal`}>
          <FormKey value={`${formKey}-withdraw`} />
          {isRequester && (
            <button name="then" value="again" class="secondary outline">
              Withdraw, and correct it
            </button>
          )}
          <button class="secondary outline">Withdraw</button>
        </form>
      )}
    </div>
  );
}

function History({ events }: RequestPageProps) {
  return (
    <ol id="events" class="events" data-last={events.at(-1)?.sequence}>
      {foldSteps(events).map((event) => (
        <li key={event.sequence} class={stepOf(event.data)?.state === "failed" ? "wrong" : undefined}>
          <Time at={event.at} precision="seconds" />{" "}
          <span>
            {wordsOfEvent(event.kind, event.data)}
            {event.tookSeconds !== undefined && event.tookSeconds > 0 && <>, in {event.tookSeconds} s</>}
            {event.by !== undefined && <> ({event.by})</>}
          </span>
        </li>
      ))}
    </ol>
  );
}
