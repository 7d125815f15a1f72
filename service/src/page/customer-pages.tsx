import type { CustomerView } from "../records/customers";
import type { RequestView } from "../requests/view";
import { RequestTable, Time } from "./parts";

/** What the stack's output record has of an application. */
interface ApplicationRow {
  cell: string;
  purpose: string;
  clientId: string;
  authMethod: string;
  secretArn: string;
  rotatedAt?: string;
}

function applicationsOf(customer: CustomerView): ApplicationRow[] {
  const { applications } = customer;
  return Array.isArray(applications) ? (applications as ApplicationRow[]) : [];
}

function urlsOf(customer: CustomerView): [string, string][] {
  const { webUiUrls } = customer;
  return Object.entries((webUiUrls ?? {}) as Record<string, string>);
}

/** The customers on record. */
export function CustomerList({ customers, query }: { customers: readonly CustomerView[]; query: string }) {
  return (
    <>
      <form method="get" action="/customers" role="search">
        <label for="q">Search by name, identifier, tenant or client id</label>
        <input id="q" name="q" type="search" value={query} />
      </form>
      {customers.length === 0 ? (
        <p>No customer is on record{query === "" ? "" : " for this search"}.</p>
      ) : (
        <ul class="rows">
          {customers.map((customer) => (
            <li key={`${customer.stage}/${customer.name}`}>
              <a href={`/customers/${customer.stage}/${customer.name}`}>{customer.name}</a> {customer.stage},{" "}
              {customer.status}
              <br />
              <small>
                {text(customer["customerId"])} · {list(customer["cells"])}
              </small>
            </li>
          ))}
        </ul>
      )}
      <p>
        <a role="button" href="/requests/new">
          Ask for a new customer
        </a>
      </p>
    </>
  );
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function list(value: unknown): string {
  return Array.isArray(value) ? value.map(text).join(", ") : "";
}

/** A customer on record: where its Web UI is, what it has, where its credentials are, and what can be asked about it. */
export function CustomerPage({
  customer,
  requests,
}: {
  customer: CustomerView;
  requests: readonly RequestView[];
}) {
  const { stage, name, status } = customer;
  const secrets = (customer.entry as { secrets?: { readerRoleArns?: unknown } } | null)?.secrets;
  const ask = (kind: string): string => `/requests/new?kind=${kind}&stage=${stage}&name=${name}`;
  return (
    <>
      <dl>
        <dt>Stage and status</dt>
        <dd>
          {stage}, {status}
        </dd>
        <dt>Your identifier</dt>
        <dd>{text(customer["customerId"])}</dd>
        <dt>Owner</dt>
        <dd>{text(customer["owner"]) || "nobody is named"}</dd>
        <dt>Created by</dt>
        <dd>
          {text(customer["createdBy"])}, <Time at={customer.createdAt} />
        </dd>
      </dl>
      {customer.outsideUpdate !== null && customer.outsideUpdate !== undefined && (
        <section class="problem" role="alert">
          <p>Somebody ran an update on this customer outside the service. What is shown here may be older.</p>
        </section>
      )}
      <h2>Web UI</h2>
      <ul>
        {urlsOf(customer).map(([cell, url]) => (
          <li key={cell}>
            {cell}: <a href={url}>{url}</a>
          </li>
        ))}
      </ul>
      <h2>Applications</h2>
      <ul class="rows">
        {applicationsOf(customer).map((application) => (
          <li key={`${application.cell}/${application.purpose}`}>
            {application.cell}, {application.purpose}: client <code>{application.clientId}</code>,{" "}
            {application.authMethod}
            {application.rotatedAt !== undefined && (
              <>
                , rotated <Time at={application.rotatedAt} />
              </>
            )}
            <br />
            <small>
              Credentials: <code>{application.secretArn}</code>
            </small>
          </li>
        ))}
      </ul>
      <p>Who may read the credentials: {list(secrets?.readerRoleArns) || "whoever AWS allows"}.</p>
      <h2>For a ticket to the vendor</h2>
      <pre>
        {applicationsOf(customer)
          .map(({ cell }) => `stage: ${stage}, cell: ${cell}, tenant_id: ${text(customer["tenantId"])}`)
          .join("\n")}
      </pre>
      {(status === "active" || status === "deprecated") && (
        <div class="buttons">
          <a role="button" href={ask("changeCustomer")}>
            Change
          </a>
          <a role="button" class="secondary" href={ask("rotate")}>
            Rotate credentials
          </a>
          {status === "active" ? (
            <a role="button" class="secondary outline" href={ask("deprecate")}>
              Deprecate
            </a>
          ) : (
            <a role="button" class="secondary outline" href={ask("delete")}>
              Delete
            </a>
          )}
          <a role="button" class="secondary outline" href={ask("release")}>
            Hand over
          </a>
        </div>
      )}
      <h2>Requests</h2>
      <RequestTable requests={requests} empty="Nobody has asked for anything about it." />
    </>
  );
}
