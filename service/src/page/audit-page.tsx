import { Time } from "./parts";
import { wordsOfEvent } from "./words";

/** An event of the chain, as the audit log shows it. */
export interface AuditRow {
  sequence: number | string;
  kind: string;
  at: string;
  actor: string | undefined;
  stage: string | undefined;
  customer: string | undefined;
  requestId: string | undefined;
  data: Readonly<Record<string, unknown>>;
}

/** What is searched for. */
export interface AuditQuery {
  actor: string;
  customer: string;
  from: string;
  to: string;
}

/** The audit log: one search over everything that is on record. */
export function AuditPage(props: { rows: readonly AuditRow[]; query: AuditQuery; next: string | undefined }) {
  const { rows, query, next } = props;
  return (
    <>
      <form method="get" action="/audit" role="search" class="search">
        <label>
          Customer
          <input name="customer" value={query.customer} />
        </label>
        <label>
          Person (id or account)
          <input name="actor" value={query.actor} />
        </label>
        <label>
          From
          <input name="from" type="date" value={query.from} />
        </label>
        <label>
          Before
          <input name="to" type="date" value={query.to} />
        </label>
        <button>Search</button>
      </form>
      {rows.length === 0 ? (
        <p>Nothing is on record for this search.</p>
      ) : (
        <div class="wide" role="region" aria-label="Events" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Who</th>
                <th scope="col">What</th>
                <th scope="col">About</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={String(row.sequence)}>
                  <td>
                    <Time at={row.at} />
                  </td>
                  <td>{row.actor ?? "the service"}</td>
                  <td>{wordsOfEvent(row.kind, row.data) ?? row.kind}</td>
                  <td>
                    {row.requestId === undefined ? (
                      about(row)
                    ) : (
                      <a href={`/requests/${row.requestId}`}>{about(row) || "the request"}</a>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {next !== undefined && (
        <p>
          <a href={`/audit?${new URLSearchParams({ ...query, after: next }).toString()}`}>Earlier events</a>
        </p>
      )}
      <p>
        <a href="/api/v1/audit/export" download>
          Export everything as JSON lines
        </a>{" "}
        · <a href="/api/v1/audit/verification">Verify the chain</a>
      </p>
    </>
  );
}

function about({ stage, customer }: AuditRow): string {
  return [customer, stage].filter((word) => word !== undefined).join(", ");
}
