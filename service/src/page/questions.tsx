import type { RequestView } from "../actions/view";
import { FormKey, Name, Time } from "./parts";

/** The questions about a request, their answers, and the form to answer. */
export function Questions(props: { request: RequestView; isRequester: boolean; formKey: string }) {
  const { request, isRequester, formKey } = props;
  const { questions, state } = request;
  if (questions.length === 0) return null;
  const isOpen = questions.some(({ answer }) => answer === undefined);
  const mayAnswer = isOpen && isRequester && (state === "waitingForApproval" || state === "previewing");
  return (
    <section aria-labelledby="questions-title">
      <h2 id="questions-title">Questions and answers</h2>
      <ul class="rows">
        {questions.map(({ id, text, by, at, answer }) => (
          <li key={id}>
            <strong>
              <Name person={by} />
            </strong>{" "}
            asked, <Time at={at} />: “{text}”
            {answer === undefined ? (
              <p>Not answered yet.</p>
            ) : (
              <p>
                <strong>
                  <Name person={answer.by} />
                </strong>{" "}
                answered, <Time at={answer.at} />: “{answer.text}”
              </p>
            )}
          </li>
        ))}
      </ul>
      {mayAnswer && (
        <form method="post" action={`/requests/${request.id}/answers`}>
          <FormKey value={`${formKey}-answer`} />
          <label>
            Your answer
            <textarea name="text" rows={2} maxLength={1000} required />
          </label>
          <p>
            <small>
              It goes to the approvers. To request something else instead, withdraw the request and correct
              it.
            </small>
          </p>
          <button>Answer</button>
        </form>
      )}
    </section>
  );
}

/** The form with which an approver sends a request back. */
export function AskQuestion({ request, formKey }: { request: RequestView; formKey: string }) {
  return (
    <form method="post" action={`/requests/${request.id}/questions`}>
      <FormKey value={`${formKey}-question`} />
      <label>
        Is something unclear? Ask <Name person={request.requestedBy} />
        <textarea name="text" rows={2} maxLength={1000} required />
      </label>
      <button class="secondary outline">Send it back with this question</button>
    </form>
  );
}
