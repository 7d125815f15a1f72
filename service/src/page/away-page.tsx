import type { AbsenceView } from "../actions/absence";
import { ProblemBox, Time } from "./parts";

/** "I am away": an approver's deputy, the absent approvers whose deputy they are, and the form to name a deputy. */
export function AwayPage({
  absence,
  isFresh,
  problem,
}: {
  absence: AbsenceView;
  /** Whether the log-in is recent enough to name a deputy. */
  isFresh: boolean;
  problem: string | undefined;
}) {
  const { own, deputyFor, deputies } = absence;
  return (
    <>
      <p>
        While you are away, another approver can decide what you could. Deputies cannot decide on your
        requests or their own, and you count as one person.
      </p>
      {problem !== undefined && (
        <ProblemBox title="This could not be done">
          <p>{problem}</p>
        </ProblemBox>
      )}
      {deputyFor.map(({ id, name, until }) => (
        <p key={id}>
          You are the deputy of <strong>{name ?? id}</strong> until <Time at={until} />.
        </p>
      ))}
      {own !== undefined && (
        <section>
          <p>
            <strong>{own.deputy.name ?? own.deputy.id}</strong> is your deputy, from <Time at={own.from} />{" "}
            until <Time at={own.until} />.
          </p>
          <form method="post" action="/away/end">
            <button class="secondary">I am back</button>
          </form>
        </section>
      )}
      {!isFresh ? (
        <p>
          To name a deputy, log in again first: <a href="/login?returnTo=/away&fresh=1">log in again</a>
        </p>
      ) : deputies.length === 0 ? (
        <p>No other approver has logged in here yet: your deputy must have logged in once.</p>
      ) : (
        <form method="post" action="/away">
          <label>
            Your deputy
            <select name="deputy">
              {deputies.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name ?? id}
                </option>
              ))}
            </select>
          </label>
          <label>
            From the start of (UTC; empty: from now)
            <input name="from" type="date" />
          </label>
          <label>
            Until the end of (UTC)
            <input name="until" type="date" required />
          </label>
          <button>{own === undefined ? "I am away" : "Name another deputy"}</button>
        </form>
      )}
    </>
  );
}
