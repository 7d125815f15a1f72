import { longestReason } from "pulumi-resistant-tenants/internal/reason";

import { FormKey, Name, ProblemBox, Time } from "./parts";
import type { RequestPageProps } from "./request-page-props";

/** A use of break-glass: why, and the result of the review. */
export function BrokenGlass({ request, isRequester, formKey }: RequestPageProps) {
  const { brokenGlass: glass } = request;
  if (glass === undefined) return null;
  const isReviewed = glass.review !== undefined;
  return (
    <ProblemBox title="Glass broken">
      <p>
        <Name person={glass.by} /> had this applied without a second person's approval, <Time at={glass.at} />
        : {glass.reason}
      </p>
      <p>
        {isReviewed ? (
          <>
            <Name person={glass.review?.by ?? glass.by} /> reviewed it: {glass.review?.comment}
          </>
        ) : (
          "It has not been reviewed yet: a second person must review it before the glass can be broken again."
        )}
      </p>
      {!isReviewed && !isRequester && (
        <form method="post" action={`/requests/${request.id}/break-glass/review`}>
          <FormKey value={`${formKey}-review`} />
          <label>
            What the review found
            <input name="reason" maxLength={longestReason} required />
          </label>
          <button class="secondary">Review it</button>
        </form>
      )}
    </ProblemBox>
  );
}

/** The form for break-glass, for emergencies. */
export function BreakGlass({ request, isRequester, isAdministrator, formKey }: RequestPageProps) {
  const { plan } = request;
  if (!isAdministrator || isRequester || request.state !== "waitingForApproval") return null;
  if (plan === undefined) return null;
  return (
    <details>
      <summary>It cannot wait for an approval</summary>
      <form method="post" action={`/requests/${request.id}/break-glass`}>
        <FormKey value={`${formKey}-glass`} />
        <input type="hidden" name="digest" value={plan.digest} />
        <label>
          Why it cannot wait
          <input name="reason" maxLength={longestReason} required />
        </label>
        <p>
          <small>
            Only for emergencies. It stays visible permanently, and a second person must review it before the
            glass can be broken again.
          </small>
        </p>
        <button class="secondary">Break the glass</button>
      </form>
    </details>
  );
}
