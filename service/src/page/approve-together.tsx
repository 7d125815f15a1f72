import type { RequestView } from "../actions/view";
import { mostTogether } from "../identity/decision-log-in";
import { Asked, ProblemBox, RequestTable, Time, titleOf } from "./parts";

/**
 * The requests that wait for a person's decision: each has a link, and several can be ticked to be approved
 * together.
 */
export function ChooseToApprove({ requests }: { requests: readonly RequestView[] }) {
  if (requests.length < 2) return <RequestTable requests={requests} empty="" />;
  return (
    <form method="get" action="/approvals">
      <RequestTable requests={requests} empty="" choose="request" />
      <div class="buttons">
        <button class="secondary outline">Read the chosen ones, to approve them together</button>
      </div>
      <p>
        <small>
          Open a request to decide about it alone. Up to {mostTogether} can be approved by one log-in; what
          deletes something is always decided alone.
        </small>
      </p>
    </form>
  );
}

/** A request that is left out, and why. */
export interface LeftOut {
  id: string;
  title: string;
  why: string;
}

/** The plans of several requests, with one button for all of them. */
export function ApproveTogether({
  requests,
  leftOut,
}: {
  requests: readonly RequestView[];
  leftOut: readonly LeftOut[];
}) {
  return (
    <>
      <NotAmongThem leftOut={leftOut} />
      {requests.length < 2 ? (
        <TooFew requests={requests} />
      ) : (
        <form method="post" action="/approvals">
          <p>
            Read each plan. With one log-in you approve all {requests.length}, each for the plan that is shown
            here. To refuse one, or to ask something about it, open it.
          </p>
          {requests.map((request) => (
            <OnePlan key={request.id} request={request} />
          ))}
          <p>
            You will be asked to log in again: that log-in is your signature under these very plans, and under
            nothing else. Take the tick from what you do not approve.
          </p>
          <div class="buttons">
            <button>Approve what is ticked</button>
            <a role="button" class="secondary outline" href="/">
              Approve nothing now
            </a>
          </div>
        </form>
      )}
    </>
  );
}

function TooFew({ requests: [only] }: { requests: readonly RequestView[] }) {
  if (only === undefined)
    return (
      <p>
        Nothing is left to be approved together. <a href="/">See what waits for you</a>, and choose at least
        two.
      </p>
    );
  return (
    <p>
      One request is left: <a href={`/requests/${only.id}`}>{titleOf(only)}</a>. Decide about it on its own
      page.
    </p>
  );
}

function OnePlan({ request }: { request: RequestView }) {
  const { id, plan, questions } = request;
  if (plan === undefined) return null;
  return (
    <article aria-labelledby={`of-${id}`}>
      <h2 id={`of-${id}`}>
        <a href={`/requests/${id}`}>{titleOf(request)}</a>
      </h2>
      <dl class="facts">
        <Asked request={request} />
        <dt>What changes</dt>
        <dd>
          <ul>
            {plan.lines.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </dd>
        <dt>Until when</dt>
        <dd>
          <Time at={request.expiresAt} />
        </dd>
      </dl>
      {questions.some(({ answer }) => answer === undefined) && (
        <p>
          <strong>A question about it is not answered yet.</strong>
        </p>
      )}
      <label>
        <input type="checkbox" name="plan" value={`${id} ${plan.digest}`} checked />{" "}
        <span>
          Approve this plan (<code>{plan.digest.slice(0, 19)}…</code>)
        </span>
      </label>
    </article>
  );
}

/** Lists the requests that are left out. */
export function NotAmongThem({ leftOut }: { leftOut: readonly LeftOut[] }) {
  if (leftOut.length === 0) return null;
  return (
    <ProblemBox title={leftOut.length === 1 ? "One is left out" : `${leftOut.length} are left out`}>
      <ul>
        {leftOut.map(({ id, title, why }) => (
          <li key={id}>
            <a href={`/requests/${id}`}>{title}</a>: {why}
          </li>
        ))}
      </ul>
    </ProblemBox>
  );
}
