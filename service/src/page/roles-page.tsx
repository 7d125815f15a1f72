import type { RolesHeld } from "../audit/roles";
import { Time } from "./parts";

/** Who held which role when, as seen at log-ins. */
export function RolesPage({ held, person, at }: { held: readonly RolesHeld[]; person: string; at: string }) {
  return (
    <>
      <p>
        As the identity provider said it at each log-in. What changed between two log-ins is seen at the next.
      </p>
      <form method="get" action="/audit/roles" role="search" aria-label="Roles" class="search">
        <label>
          Person (name, account, address or id)
          <input name="person" value={person} />
        </label>
        <label>
          At the beginning of (UTC; empty: ever)
          <input name="at" type="date" value={at} />
        </label>
        <button>Search</button>
      </form>
      {held.length === 0 ? (
        <p>No one held a role, according to the record.</p>
      ) : (
        <ul class="rows">
          {held.map(({ personId, name, since, until, roles, groups }) => (
            <li key={`${personId} ${since}`}>
              {name ?? `person ${personId.slice(0, 8)}`}: <strong>{roles.join(", ") || "no role"}</strong>
              {groups.length > 0 && <>, in {groups.join(", ")}</>}
              <br />
              <small>
                Since <Time at={since} />
                {until !== undefined && (
                  <>
                    , until <Time at={until} />
                  </>
                )}
              </small>
            </li>
          ))}
        </ul>
      )}
      <p>
        <a href="/audit">Back to the audit log</a>
      </p>
    </>
  );
}
