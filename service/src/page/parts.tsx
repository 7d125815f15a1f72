import type { ComponentChildren } from "preact";

import type { RequestKind, RequestState } from "../requests/request";
import type { PersonView, RequestView } from "../requests/view";
import { kindWords, stateWords, timeWords } from "./words";

/** A time, for people and for programs. */
export function Time({ at }: { at: string }) {
  return <time dateTime={at}>{timeWords(at)}</time>;
}

/** A person's name; who was forgotten has an id alone. */
export function Name({ person }: { person: PersonView }) {
  return <>{person.name ?? `person ${person.id.slice(0, 8)}`}</>;
}

/** The state of a request. Colour alone never says it. */
export function StateBadge({ state }: { state: string }) {
  const words = stateWords[state as RequestState] as (typeof stateWords)[RequestState] | undefined;
  return <span class={`state ${state}`}>{words?.label ?? state}</span>;
}

/** Gives the name of the customer that a request is about. */
export function customerNameOf({ customer }: Pick<RequestView, "customer">): string | undefined {
  const name = (customer as { name?: unknown } | null | undefined)?.name;
  return typeof name === "string" ? name : undefined;
}

/** Says in a few words what a request asks for. */
export function titleOf(request: Pick<RequestView, "kind" | "customer" | "stage">): string {
  const kind = kindWords[request.kind as RequestKind] as string | undefined;
  const name = customerNameOf(request);
  return `${kind ?? request.kind}${name === undefined ? "" : `: ${name}`} (${request.stage})`;
}

/** Several requests, the newest first. */
export function RequestTable({ requests, empty }: { requests: readonly RequestView[]; empty: string }) {
  if (requests.length === 0) return <p>{empty}</p>;
  return (
    <ul class="rows">
      {requests.map((request) => (
        <li key={request.id}>
          <a href={`/requests/${request.id}`}>{titleOf(request)}</a> <StateBadge state={request.state} />
          {request.brokenGlass !== null && request.brokenGlass !== undefined && (
            <strong class="glass"> Glass broken</strong>
          )}
          <br />
          <small>
            <Name person={request.requestedBy} />, <Time at={request.createdAt} />: {request.reason}
          </small>
        </li>
      ))}
    </ul>
  );
}

/** Something that went wrong, with what to do next. */
export function ProblemBox({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="problem" role="alert">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** The fields that every form has: its key makes a double click one request. */
export function FormKey({ value }: { value: string }) {
  return <input type="hidden" name="key" value={value} />;
}
