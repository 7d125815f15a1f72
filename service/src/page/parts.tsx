import type { ComponentChildren } from "preact";

import type { PersonView, RequestView } from "../actions/view";
import { kindWords, type RequestState, stateWords } from "../requests/request";
import { timeWords } from "./words";

/** A time, for people and for programs. */
export function Time({ at, precision }: { at: string; precision?: "seconds" }) {
  return <time dateTime={at}>{timeWords(at, precision)}</time>;
}

/** A person's name, or their id if the name was deleted. */
export function Name({ person }: { person: PersonView }) {
  return <>{person.name ?? `person ${person.id.slice(0, 8)}`}</>;
}

/** The state of a request, never shown by colour alone. */
export function StateBadge({ state }: { state: string }) {
  const words = stateWords[state as RequestState] as string | undefined;
  return <span class={`state ${state}`}>{words ?? state}</span>;
}

/** Returns the name of the customer in a request. */
export function customerNameOf({ customer }: Pick<RequestView, "customer">): string | undefined {
  const name = (customer as { name?: unknown } | null | undefined)?.name;
  return typeof name === "string" ? name : undefined;
}

/** Describes a request in a few words. */
export function titleOf(request: Pick<RequestView, "kind" | "customer" | "stage">): string {
  const kind = kindWords[request.kind] as string | undefined;
  const name = customerNameOf(request);
  return `${kind ?? request.kind}${name === undefined ? "" : `: ${name}`} (${request.stage})`;
}

/** The requester and the reason: the first facts of a request. */
export function Asked({ request }: { request: Pick<RequestView, "requestedBy" | "createdAt" | "reason"> }) {
  return (
    <>
      <dt>Who asks</dt>
      <dd>
        <Name person={request.requestedBy} />, <Time at={request.createdAt} />
      </dd>
      <dt>Why</dt>
      <dd>{request.reason}</dd>
    </>
  );
}

/** Several requests, the newest first. */
export function RequestTable({
  requests,
  empty,
  choose,
}: {
  requests: readonly RequestView[];
  empty: string;
  /** The name of the box beside each, in a surrounding form. Default: no boxes. */
  choose?: string;
}) {
  if (requests.length === 0) return <p>{empty}</p>;
  return (
    <ul class="rows">
      {requests.map((request) => (
        <li key={request.id}>
          {choose !== undefined && (
            <input
              type="checkbox"
              name={choose}
              value={request.id}
              aria-label={`Choose ${titleOf(request)}`}
            />
          )}
          <a href={`/requests/${request.id}`}>{titleOf(request)}</a> <StateBadge state={request.state} />
          {request.brokenGlass !== undefined && <strong class="glass"> Glass broken</strong>}
          {isAsked(request) && <strong> A question is open</strong>}
          <br />
          <small>
            <Name person={request.requestedBy} />, <Time at={request.createdAt} />: {request.reason}
            {request.state === "waitingForApproval" && (
              <>
                {" "}
                (expires <Time at={request.expiresAt} />)
              </>
            )}
          </small>
        </li>
      ))}
    </ul>
  );
}

/** Returns whether a request has an open question. */
function isAsked({ state, questions }: RequestView): boolean {
  return state === "waitingForApproval" && questions.some(({ answer }) => answer === undefined);
}

/** A part of a page that is updated while the page is open; its id identifies it. */
export function Live({ id, role, children }: { id: string; role?: "status"; children?: ComponentChildren }) {
  return (
    <div id={id} data-live {...(role === undefined ? {} : { role })}>
      {children}
    </div>
  );
}

/** A text to copy: the script puts a button beside it. */
export function Copied({ text, what }: { text: string; what: string }) {
  return (
    <code data-copy={what} class="copied">
      {text}
    </code>
  );
}

/** A problem, with what to do next. */
export function ProblemBox({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="problem" role="alert">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** The fields of every form: the key makes a double click one request. */
export function FormKey({ value }: { value: string }) {
  return <input type="hidden" name="key" value={value} />;
}
