import type { RequestView } from "../actions/view";
import type { CustomerView } from "../customers/customers";
import { type AuditRow, AuditTable } from "./audit-page";
import { CustomerRows } from "./customer-pages";
import { RequestTable } from "./parts";

/** The results of one search over everything. */
export function SearchPage(props: {
  query: string;
  customers: readonly CustomerView[];
  requests: readonly RequestView[];
  /** Undefined for people who may not read the audit log. */
  events: readonly AuditRow[] | undefined;
}) {
  const { query, customers, requests, events } = props;
  return (
    <>
      <form method="get" action="/search" role="search" aria-label="Search again" class="search">
        <label>
          A name, an identifier, an id, an ARN, a person, or a word of a reason
          <input name="q" type="search" value={query} />
        </label>
        <button>Search</button>
      </form>
      {query !== "" && (
        <>
          <h2>Customers</h2>
          <CustomerRows customers={customers} empty="No customer." />
          <h2>Requests</h2>
          <RequestTable requests={requests} empty="No requests that you may see." />
          {events !== undefined && (
            <>
              <h2>Audit log</h2>
              <AuditTable rows={events} />
              <p>
                <small>The latest events of this customer or person. More: the audit log's search.</small>
              </p>
            </>
          )}
        </>
      )}
    </>
  );
}
