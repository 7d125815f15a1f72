import type { RotationDue } from "../customers/rotations";
import type { SprawlFinding } from "../customers/sprawl";
import { Time } from "./parts";

/** The page of tenants that may no longer be needed, and of rotations. */
export function DuePage(props: {
  findings: readonly SprawlFinding[];
  rotations: readonly RotationDue[];
  mayAsk: boolean;
}) {
  const { findings, rotations, mayAsk } = props;
  const overdue = rotations.filter((rotation) => rotation.overdue);
  const others = rotations.filter((rotation) => !rotation.overdue);
  return (
    <>
      <h2>May no longer be needed</h2>
      <p>The vendor advises deleting what is not needed. Nothing is deleted automatically.</p>
      {findings.length === 0 ? (
        <p>Nothing is left over.</p>
      ) : (
        <ul class="rows">
          {findings.map(({ stage, customer, since, sentence }) => (
            <li key={`${stage}/${customer}`}>
              {sentence}
              <br />
              <small>
                Since <Time at={since} />
              </small>
              {mayAsk && (
                <div class="buttons">
                  <a role="button" class="secondary outline" href={`/requests/new?due=${stage}/${customer}`}>
                    Write this request for {customer}
                  </a>
                </div>
              )}
            </li>
          ))}
        </ul>
      )}
      <h2>Credentials</h2>
      <p>
        The service renews credentials by the customer's calendar, if there is one. This list shows what it
        cannot do by itself.
      </p>
      {rotations.length === 0 && <p>No credentials have a calendar.</p>}
      {overdue.length > 0 && (
        <>
          <h3 class="wrong">Overdue</h3>
          <Rotations rotations={overdue} />
        </>
      )}
      {others.length > 0 && (
        <>
          <h3>Next</h3>
          <Rotations rotations={others} />
        </>
      )}
    </>
  );
}

function Rotations({ rotations }: { rotations: readonly RotationDue[] }) {
  return (
    <ul class="rows">
      {rotations.map(
        ({ stage, customer, cell, purpose, what, why, dueAt, due, problem, requestId, clientId }) => (
          <li key={`${what} ${clientId}`}>
            <a href={`/customers/${stage}/${customer}`}>{customer}</a>, {stage}, {cell}
            {purpose !== "default" && <>, {purpose}</>}:{" "}
            {what === "rotation" ? "new credentials" : "the end of the previous ones"}{" "}
            {due ? "were due" : "are due"} <Time at={dueAt} />
            <br />
            <small>
              {why}
              {problem !== undefined && <>: {problem}</>}
              {requestId !== undefined && (
                <>
                  . <a href={`/requests/${requestId}`}>It waits as a request</a>
                </>
              )}
            </small>
          </li>
        ),
      )}
    </ul>
  );
}
