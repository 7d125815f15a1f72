import type { ApprovalView, RequestView } from "../actions/view";
import type { RequestState } from "../requests/request";
import { Asked, Name, Time } from "./parts";
import { AskQuestion } from "./questions";
import type { Deciders, RequestPageProps } from "./request-page-props";

/** Short enough for the cookie that a browser stores during the log-in. */
export const longestComment = 500;

/** Everything that an approver needs, beside the buttons: requester, reason, changes, what cannot be undone, expiry. */
export function DecisionCard(props: RequestPageProps) {
  const { request, objection, isRequester } = props;
  const isWaiting = request.state === "waitingForApproval" && request.plan !== undefined;
  return (
    <article aria-labelledby="decide">
      <h2 id="decide">{isWaiting ? "To be decided" : "What was requested"}</h2>
      <Facts {...props} />
      <Plan {...props} />
      <Decisions {...props} />
      {isWaiting &&
        (objection === undefined ? (
          <Decide {...props} />
        ) : (
          // The requester sees above who can decide.
          !isRequester && <p>You cannot decide: {objection}</p>
        ))}
    </article>
  );
}

function Facts({ request, deciders, objection }: RequestPageProps) {
  return (
    <dl class="facts">
      <Asked request={request} />
      {request.state === "waitingForApproval" && (
        <>
          <dt>{objection === undefined ? "Who else can decide" : "Who can decide"}</dt>
          <dd>{wordsOfDeciders(deciders, objection === undefined)}</dd>
        </>
      )}
      {(request.state === "waitingForApproval" ||
        request.state === "previewing" ||
        request.state === "queued") && (
        <>
          <dt>Until when</dt>
          <dd>
            <Time at={request.expiresAt} />; then it expires without a change
          </dd>
        </>
      )}
    </dl>
  );
}

function wordsOfDeciders({ required, groups, validForHours, names }: Deciders, isOneOfThem: boolean): string {
  const count = required === 1 ? "One person" : `${required} persons`;
  const rule = `${count}${groups} must approve, other than the requester. An approval is valid for ${validForHours} hours.`;
  if (names.length > 0) return `${names.join(", ")}. ${rule}`;
  return isOneOfThem
    ? `No one else who may decide has logged in here yet. ${rule}`
    : `No one who may decide has logged in here yet: send an approver the address of this page. ${rule}`;
}

const planTitles: Readonly<Partial<Record<RequestState, string>>> = {
  done: "The plan that was carried out",
  refused: "What would have changed",
  withdrawn: "What would have changed",
  expired: "What would have changed",
};

function Plan({ request, sinceLastPlan }: RequestPageProps) {
  const { plan } = request;
  if (plan === undefined) return null;
  const lines = plan.lines as readonly string[];
  const irreversible = lines.filter((line) => /\bcannot be undone\b/i.test(line));
  return (
    <section>
      <h3>{planTitles[request.state] ?? "What changes"}</h3>
      <ul>
        {lines
          .filter((line) => !irreversible.includes(line))
          .map((line) => (
            <li key={line}>{line}</li>
          ))}
      </ul>
      {irreversible.map((line) => (
        <p key={line} class="irreversible">
          {line}
        </p>
      ))}
      {sinceLastPlan.length > 0 && (
        <>
          <h3>Differences from the previous plan</h3>
          <ul>
            {sinceLastPlan.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </>
      )}
      <p>
        <small>
          Plan made <Time at={plan.madeAt} />. An approval is for this fingerprint: <code>{plan.digest}</code>
        </small>
      </p>
    </section>
  );
}

function Decisions({ request: { approvals } }: { request: RequestView }) {
  if (approvals.length === 0) return null;
  return (
    <section>
      <h3>Decisions</h3>
      <ul>
        {approvals.map((approval) => (
          <li key={approval.id}>
            <Name person={approval.approver} /> {approval.decision === "approve" ? "approved" : "refused"},{" "}
            <Time at={approval.at} />
            {approval.decision === "approve" && <Worth approval={approval} />}
            {approval.comment !== undefined && approval.comment !== "" && <>: “{approval.comment}”</>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Worth({ approval: { status, expiresAt } }: { approval: ApprovalView }) {
  switch (status) {
    case "valid":
      return (
        <>
          {" "}
          (counts until <Time at={expiresAt} />)
        </>
      );
    case "revoked":
      return <> (no longer valid: the plan has changed)</>;
    case "expired":
      return <> (no longer valid: too old)</>;
    case "used":
      return null;
  }
}

function Decide({ request, formKey }: RequestPageProps) {
  const { plan } = request;
  if (plan === undefined) return null;
  return (
    <>
      <form method="post" action={`/requests/${request.id}/decision`}>
        <input type="hidden" name="digest" value={plan.digest} />
        <div class="field">
          <label for="comment">Comment</label>
          <input id="comment" name="comment" maxLength={longestComment} aria-describedby="comment-hint" />
          <small id="comment-hint">
            The requester reads it. If you refuse, write what must change. You will be asked to log in again:
            that log-in is your signature under exactly this plan.
          </small>
        </div>
        <div class="buttons">
          <button name="decision" value="approve">
            Approve
          </button>
          <button name="decision" value="refuse" class="secondary">
            Refuse
          </button>
        </div>
      </form>
      <AskQuestion request={request} formKey={formKey} />
    </>
  );
}
