import type { Decided } from "../actions/decide";
import type { RequestView } from "../actions/view";
import { ChooseToApprove, type LeftOut, NotAmongThem } from "./approve-together";

/** The receipt of a decision, and its request. */
export interface DecisionReceipt extends Decided {
  /** The title of the request. */
  title: string;
  digest: string;
}

/** The page after a decision: that it counts, what is next, and the receipt to note. */
export function Receipt({
  receipts,
  leftOut,
  decision,
  others,
}: {
  receipts: readonly DecisionReceipt[];
  leftOut: readonly LeftOut[];
  decision: "approve" | "refuse";
  others: readonly RequestView[];
}) {
  const [next] = others;
  const [only] = receipts;
  return (
    <>
      {receipts.length > 0 && <p>{wordsOf(decision, receipts.length)}</p>}
      <NotAmongThem leftOut={leftOut} />
      <div class="buttons">
        {next !== undefined && (
          <a role="button" href={`/requests/${next.id}`}>
            Next request that waits for you
          </a>
        )}
        {only !== undefined && receipts.length === 1 && (
          <a role="button" class="secondary outline" href={`/requests/${only.requestId}`}>
            See this request
          </a>
        )}
      </div>
      {others.length > 0 && (
        <section>
          <h2>Waits for you</h2>
          <ChooseToApprove requests={others} />
        </section>
      )}
      {receipts.length > 0 && <Lines receipts={receipts} />}
    </>
  );
}

function wordsOf(decision: "approve" | "refuse", count: number): string {
  if (decision === "refuse")
    return "Your refusal is recorded. The requester reads your comment, and can correct the request and send it again.";
  return count === 1
    ? "Your approval is recorded. The request is applied as soon as it has all the approvals it needs."
    : `Your ${count} approvals are recorded. Each request is applied as soon as it has all the approvals it needs.`;
}

function Lines({ receipts }: { receipts: readonly DecisionReceipt[] }) {
  return (
    <>
      <h2>Receipt</h2>
      <p>
        <small>
          Your log-in is the signature under {receipts.length === 1 ? "this decision" : "these decisions"}.
          With these lines you can show later that nothing before them was changed.
        </small>
      </p>
      {receipts.map(({ requestId, approvalId, head, digest, title }) => (
        <dl key={requestId} class="facts">
          <dt>Request</dt>
          <dd>
            <a href={`/requests/${requestId}`}>{title}</a>
          </dd>
          <dt>Decision</dt>
          <dd>
            <code>{approvalId}</code>
          </dd>
          <dt>Plan</dt>
          <dd>
            <code>{digest}</code>
          </dd>
          <dt>End of the audit log</dt>
          <dd>
            <code>{head}</code>
          </dd>
        </dl>
      ))}
    </>
  );
}
