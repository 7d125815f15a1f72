import type { EventsVerified } from "../audit/verify";
import { ProblemBox, Time } from "./parts";
import { wordsOfEvent } from "./words";

/** An event in the audit log's table. */
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

/** The displayed names of the search fields: the usual ones, and the rest. */
const usual = { customer: "Customer", actor: "Person (name, account or id)" } as const;
const rest = {
  requester: "Who asked",
  approver: "Who approved",
  stage: "Stage",
  kind: "Kind of event, such as approvalGiven",
  requestId: "Request (id)",
  tenantId: "Tenant id",
  applicationId: "Application id",
  clientId: "Client id",
} as const;

/** A search. */
export type AuditQuery = Readonly<Record<keyof typeof usual | keyof typeof rest | "from" | "to", string>>;

/** The names of the search fields, without dates. */
export const auditFields = [...Object.keys(usual), ...Object.keys(rest)] as (
  keyof typeof usual | keyof typeof rest
)[];

function Texts({ names, query }: { names: Partial<typeof usual & typeof rest>; query: AuditQuery }) {
  return (
    <>
      {Object.entries(names).map(([name, label]) => (
        <label key={name}>
          {label}
          <input name={name} value={query[name as keyof AuditQuery]} />
        </label>
      ))}
    </>
  );
}

/** The audit log: one search over all records. */
export function AuditPage(props: { rows: readonly AuditRow[]; query: AuditQuery; next: string | undefined }) {
  const { rows, query, next } = props;
  return (
    <>
      <form method="get" action="/audit" role="search" aria-label="Events" class="search">
        <Texts names={usual} query={query} />
        <label>
          From
          <input name="from" type="date" value={query.from} />
        </label>
        <label>
          Before
          <input name="to" type="date" value={query.to} />
        </label>
        <details
          class="whole"
          open={Object.keys(rest).some((name) => query[name as keyof AuditQuery] !== "")}
        >
          <summary>Search by something else</summary>
          <div class="search">
            <Texts names={rest} query={query} />
          </div>
        </details>
        <button>Search</button>
      </form>
      <AuditTable rows={rows} />
      {next !== undefined && (
        <p>
          <a href={`/audit?${new URLSearchParams({ ...query, after: next }).toString()}`}>Earlier events</a>
        </p>
      )}
      <p>
        <a href="/api/v1/audit/export" download>
          Export everything as JSON lines
        </a>{" "}
        · <a href="/audit/verification">Check it for changes</a> ·{" "}
        <a href="/audit/roles">Who held which role when</a>
      </p>
    </>
  );
}

/** Events, the newest first. */
export function AuditTable({ rows }: { rows: readonly AuditRow[] }) {
  if (rows.length === 0) return <p>No events match this search.</p>;
  return (
    <div class="wide" role="region" aria-label="The events" tabIndex={0}>
      {/* The roles say that it is a table where the style makes blocks of its rows. */}
      <table role="table" class="stacked">
        <thead role="rowgroup">
          <tr role="row">
            {["When", "Who", "What", "About"].map((name) => (
              <th key={name} role="columnheader" scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={String(row.sequence)} role="row">
              <td role="cell">
                <Time at={row.at} precision="seconds" />
              </td>
              <td role="cell">{row.actor ?? "the service"}</td>
              <td role="cell">{wordsOfEvent(row.kind, row.data)}</td>
              <td role="cell">
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
  );
}

function about({ stage, customer }: AuditRow): string {
  return [customer, stage].filter((word) => word !== undefined).join(", ");
}

/** The result of verifying the audit log. */
export function VerificationPage({ isWhole, events, head, defects }: EventsVerified) {
  return (
    <>
      {isWhole ? (
        <p>
          <span class="state done">It holds</span> None of its {events} events was changed, removed or
          inserted.
        </p>
      ) : (
        <ProblemBox title="It does not hold">
          <p>
            The audit log was changed in the database. Tell the operators of the service, and keep the export.
          </p>
          <ul>
            {defects.map(({ where, problem }) => (
              <li key={`${where} ${problem}`}>
                {where}: {problem}
              </li>
            ))}
          </ul>
        </ProblemBox>
      )}
      <dl class="facts">
        <dt>Its end</dt>
        <dd>
          event {head.sequence}, <code>{head.hash}</code>
        </dd>
      </dl>
      <p>
        Each receipt of an approval names the end at its time. To check an export elsewhere:{" "}
        <code>npm run tenants -- audit verify --journal FILE</code>
      </p>
      <p>
        <a href="/audit">Back to the audit log</a>
      </p>
    </>
  );
}
