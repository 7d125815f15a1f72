import type { RequestView } from "../actions/view";
import { failedAsStale } from "../requests/stale";

/** The person who looks at a request, as far as it determines what they can do. */
export interface Viewer {
  isRequester: boolean;
  mayDecide: boolean;
  isAdministrator: boolean;
}

/** Describes what happens next to a request, and what the viewer can do. */
export function nextStep(
  request: Pick<RequestView, "state" | "questions" | "problem">,
  viewer: Viewer,
): string {
  const { isRequester, mayDecide, isAdministrator } = viewer;
  const isAsked = request.questions.some(({ answer }) => answer === undefined);
  const askAgain = isRequester
    ? "You can send it again: the form opens with your entries."
    : "The requester can send it again with the same entries.";
  switch (request.state) {
    case "previewing":
      return "The service is working out what would change, without changing anything. This takes some seconds.";
    case "waitingForApproval":
      if (isAsked && isRequester)
        return "An approver has a question for you. Answer it below, or withdraw the request.";
      if (mayDecide)
        return isAsked
          ? "A question about it is open. You can decide now, or after the answer."
          : "It waits for a decision. Read what would change, then approve or refuse it, or ask a question.";
      if (isRequester)
        return "Another person must approve it. You need not wait here: it continues by itself after the approval.";
      return "An approver must decide.";
    case "queued":
      return "It is approved. It starts as soon as the service is free.";
    case "applying":
      return "The service is applying it. You need not do anything.";
    case "done":
      return "It is done. You need not do anything.";
    case "failed":
      if (failedAsStale(request.problem))
        return isRequester
          ? "The customer was changed meanwhile, see below. Withdraw it, correct it, and send it again."
          : "The customer was changed meanwhile. The requester can withdraw it, correct it, and send it again.";
      if (isAdministrator)
        return "Read below what went wrong. Correct the cause, then retry it: it continues where it stopped.";
      return isRequester
        ? "Read below what went wrong. An administrator can retry it: it continues where it stopped. Or withdraw it, correct it, and send it again."
        : "An administrator can retry it: it continues where it stopped.";
    case "refused":
      return `Read the reason below. Nothing was changed. ${askAgain}`;
    case "withdrawn":
      return `It was withdrawn. ${askAgain}`;
    case "expired":
      return `It was not completed in time. ${askAgain}`;
  }
}
