import type { RequestView } from "../actions/view";
import type { Waiting } from "../actions/waiting";
import type { Role } from "../person";
import { ChooseToApprove } from "./approve-together";
import { FormKey, RequestTable, Time } from "./parts";

/** A draft of a request. */
export interface Draft {
  id: string;
  title: string;
  at: string;
}

/** A sentence about what each role can do. */
const roleWords: Readonly<Record<Role, string>> = {
  requester: "You can request tenants and changes of customers.",
  approver: "You can approve or refuse requests from others.",
  administrator: "You can retry failed requests, pause the work, and read the audit log.",
  auditor: "You can read all records.",
};

/** The first page: what waits for the person, their requests and their drafts. */
export function HomePage(props: {
  waiting: Waiting;
  drafts: readonly Draft[];
  roles: readonly Role[];
  formKey: string;
}) {
  const { waiting, drafts, roles, formKey } = props;
  const { decisions, questions, failed, reviews, own } = waiting;
  const mayAsk = roles.includes("requester");
  const isEmpty = [decisions, questions, failed, reviews].every((list) => list.length === 0);
  return (
    <>
      <p>
        {roles.length === 0
          ? "You have no role here: ask the administrators of your identity provider for one."
          : roles.map((role) => roleWords[role]).join(" ")}
      </p>
      {mayAsk && (
        <p>
          <a role="button" href="/requests/new">
            Ask for a new customer
          </a>
        </p>
      )}
      <section>
        <h2>Waits for you</h2>
        {isEmpty && <p>Nothing waits for you.</p>}
        <Decisions requests={decisions} />
        <Several title="An approver has a question for you" requests={questions} />
        <Several title="Failed: can be retried" requests={failed} />
        <Several title="Applied without a second person's approval: to be reviewed" requests={reviews} />
      </section>
      {mayAsk && (
        <section>
          <h2>Your requests</h2>
          <RequestTable requests={own} empty="You have no requests yet." />
        </section>
      )}
      <Drafts drafts={drafts} formKey={formKey} />
      <p>
        <a href="/requests">All requests that you may see</a>
      </p>
    </>
  );
}

/** The requests that wait for a decision, one by one or approved together. */
function Decisions({ requests }: { requests: readonly RequestView[] }) {
  if (requests.length === 0) return null;
  return (
    <>
      <h3>To be decided</h3>
      <ChooseToApprove requests={requests} />
    </>
  );
}

function Several({ title, requests }: { title: string; requests: readonly RequestView[] }) {
  if (requests.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <RequestTable requests={requests} empty="" />
    </>
  );
}

function Drafts({ drafts, formKey }: { drafts: readonly Draft[]; formKey: string }) {
  if (drafts.length === 0) return null;
  return (
    <section>
      <h2>Your drafts</h2>
      <p>Only you see them. Open one to continue, or send several together: all are requested, or none.</p>
      <form method="post" action="/drafts/send">
        <FormKey value={formKey} />
        <ul class="rows">
          {drafts.map((draft) => (
            <li key={draft.id}>
              <label>
                <input
                  type="checkbox"
                  name="draft"
                  value={draft.id}
                  checked
                  aria-label={`Choose ${draft.title}`}
                />
              </label>{" "}
              <a href={`/requests/new?draft=${draft.id}`}>{draft.title}</a>{" "}
              <small>
                <Time at={draft.at} />
              </small>
            </li>
          ))}
        </ul>
        <div class="buttons">
          <button name="action" value="send">
            Send these together
          </button>
          <button name="action" value="delete" class="secondary outline">
            Delete these
          </button>
        </div>
      </form>
    </section>
  );
}

/** The page for people who are not logged in. */
export function WelcomePage() {
  return (
    <>
      <p>
        Here you request a customer's tenant at the document-fraud vendor, approve requests from others, and
        find a customer's Web UI address, cells and the location of its credentials.
      </p>
      <p>
        <a role="button" href="/login">
          Log in
        </a>
      </p>
    </>
  );
}
