import { hasSecret } from "pulumi-resistant-tenants/internal/vocabulary";

import type { RequestView } from "../actions/view";
import type { CustomerView } from "../customers/customers";
import { Copied, RequestTable, Time } from "./parts";

/** An application in the stack's output record. */
interface ApplicationRow {
  cell: string;
  purpose: string;
  applicationId: string;
  clientId: string;
  authMethod: string;
  tokenUrl: string;
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
export function CustomerList({
  customers,
  query,
  mayAsk,
  upgradable,
  more,
}: {
  customers: readonly CustomerView[];
  /** How many are not shown. */
  more: number;
  query: string;
  mayAsk: boolean;
  /** The stages that have customers. */
  upgradable: readonly string[];
}) {
  return (
    <>
      <form method="get" action="/customers" role="search" aria-label="These customers" class="search">
        <label>
          Search by name, your identifier, tenant id, client id or ARN
          <input name="q" type="search" value={query} />
        </label>
        <button>Search</button>
      </form>
      <CustomerRows
        customers={customers}
        empty={`No customers${query === "" ? " yet" : " match this search"}.`}
      />
      {more > 0 && <p>There are {more} more: search for one by a part of what you know of it.</p>}
      {mayAsk && (
        <p>
          <a role="button" href="/requests/new">
            Ask for a new customer
          </a>
        </p>
      )}
      {mayAsk && upgradable.length > 0 && (
        <section>
          <h2>Upgrade</h2>
          <p>
            Bring customers to the present release of the program: one request, for as many as you choose.
          </p>
          <div class="buttons">
            {upgradable.map((stage) => (
              <a
                key={stage}
                role="button"
                class="secondary outline"
                href={`/requests/new?kind=upgrade&stage=${stage}`}
              >
                Upgrade customers in {stage}
              </a>
            ))}
          </div>
        </section>
      )}
    </>
  );
}

/** A table of customers. */
export function CustomerRows({ customers, empty }: { customers: readonly CustomerView[]; empty: string }) {
  if (customers.length === 0) return <p>{empty}</p>;
  return (
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
  );
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function list(value: unknown): string {
  return Array.isArray(value) ? value.map(text).join(", ") : "";
}

/** A customer on record: its Web UI, its applications, the secrets of its credentials, and possible requests. */
export function CustomerPage({
  customer,
  requests,
  mayAsk,
}: {
  customer: CustomerView;
  requests: readonly RequestView[];
  mayAsk: boolean;
}) {
  const { stage, status } = customer;
  const secrets = (customer.entry as { secrets?: { readerRoleArns?: unknown } } | null)?.secrets;
  const readers = list(secrets?.readerRoleArns);
  return (
    <>
      <dl class="facts">
        <dt>Stage and status</dt>
        <dd>
          {stage}, {status}
        </dd>
        <dt>Your identifier</dt>
        <dd>{text(customer["customerId"])}</dd>
        <dt>Owner</dt>
        <dd>{text(customer["owner"]) || "no owner"}</dd>
        <dt>Cells</dt>
        <dd>{list(customer["cells"])}</dd>
        {customer.endsOn !== undefined && (
          <>
            <dt>Needed until</dt>
            <dd>{customer.endsOn}</dd>
          </>
        )}
        <dt>Created</dt>
        <dd>
          <Time at={customer.createdAt} />, by {text(customer["createdBy"])}
        </dd>
      </dl>
      {customer.outsideUpdate !== null && customer.outsideUpdate !== undefined && (
        <section class="problem" role="alert">
          <p>This customer was updated outside the service. The details here may be older.</p>
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
      <h2>Where the credentials are</h2>
      <p>
        They are not shown here. The customer's systems read them from AWS Secrets Manager by these ARNs.
        Readers: {readers === "" ? "those whom AWS allows." : readers}
      </p>
      <ul class="rows">
        {applicationsOf(customer).map((application) => (
          <Application key={`${application.cell}/${application.purpose}`} application={application} />
        ))}
      </ul>
      <h2>For a ticket to the vendor</h2>
      <ul class="rows">
        {applicationsOf(customer).map(({ cell, purpose }) => (
          <li key={`${cell}/${purpose}`}>
            <Copied
              what={`the lines for ${cell}`}
              text={`stage: ${stage}, cell: ${cell}, tenant_id: ${text(customer["tenantId"])}`}
            />
          </li>
        ))}
      </ul>
      {mayAsk && <AskAbout customer={customer} />}
      <h2>Requests for it</h2>
      <RequestTable requests={requests} empty="None that you may see." />
    </>
  );
}

function Application({ application }: { application: ApplicationRow }) {
  const { cell, purpose, clientId, authMethod, secretArn, rotatedAt } = application;
  return (
    <li>
      <strong>
        {cell}
        {purpose !== "default" && <>, {purpose}</>}
      </strong>
      {rotatedAt !== undefined && (
        <>
          , rotated <Time at={rotatedAt} />
        </>
      )}
      <br />
      <Copied what={`the ARN of ${cell}, ${purpose}`} text={secretArn} />
      <br />
      <small>
        Client <code>{clientId}</code>,{" "}
        {hasSecret(authMethod) ? "with a client secret" : `with a key (${authMethod})`}
      </small>
    </li>
  );
}

/** The possible requests about a customer, and their effects. */
function AskAbout({ customer: { stage, name, status } }: { customer: CustomerView }) {
  if (status !== "active" && status !== "deprecated") return null;
  const ask = (kind: string): string => `/requests/new?kind=${kind}&stage=${stage}&name=${name}`;
  return (
    <section>
      <h2>Send a request</h2>
      <p>
        Each request gets a plan first. Nothing changes before you have seen the plan and, in production,
        another person has approved it.
      </p>
      <div class="buttons">
        <a role="button" href={ask("changeCustomer")}>
          Change
        </a>
        <a role="button" class="secondary outline" href={ask("rotate")}>
          Rotate credentials
        </a>
        <a role="button" class="secondary outline" href={ask("upgrade")}>
          Upgrade
        </a>
        {status === "active" && (
          <a role="button" class="secondary outline" href={ask("deprecate")}>
            Deprecate
          </a>
        )}
        <a role="button" class="secondary outline" href={ask("delete")}>
          Delete
        </a>
        <a role="button" class="secondary outline" href={ask("release")}>
          Hand over
        </a>
      </div>
    </section>
  );
}
