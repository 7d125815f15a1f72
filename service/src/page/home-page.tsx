import type { RequestView } from "../requests/view";
import { FormKey, RequestTable, Time } from "./parts";

/** A form that somebody has begun, and not sent. */
export interface Draft {
  id: string;
  title: string;
  at: string;
}

/** What whoever comes sees first: what waits for them, what they asked for, what they have begun. */
export function HomePage(props: {
  waiting: readonly RequestView[];
  own: readonly RequestView[];
  drafts: readonly Draft[];
  mayAsk: boolean;
  mayDecide: boolean;
  formKey: string;
}) {
  const { waiting, own, drafts, mayAsk, mayDecide, formKey } = props;
  return (
    <>
      {mayAsk && (
        <p>
          <a role="button" href="/requests/new">
            Ask for a new customer
          </a>
        </p>
      )}
      {mayDecide && (
        <section>
          <h2>Waiting for you</h2>
          <RequestTable requests={waiting} empty="Nothing waits for you." />
        </section>
      )}
      {mayAsk && (
        <section>
          <h2>Your requests</h2>
          <RequestTable requests={own} empty="You have not asked for anything yet." />
        </section>
      )}
      {drafts.length > 0 && (
        <section>
          <h2>Your drafts</h2>
          <form method="post" action="/drafts/send">
            <FormKey value={formKey} />
            <ul class="rows">
              {drafts.map((draft) => (
                <li key={draft.id}>
                  <label>
                    <input type="checkbox" name="draft" value={draft.id} checked /> Send
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
      )}
    </>
  );
}

/** What somebody sees who is not logged in. */
export function WelcomePage() {
  return (
    <>
      <p>Ask for a tenant, approve what others ask for, and see what is there.</p>
      <p>
        <a role="button" href="/login">
          Log in
        </a>
      </p>
    </>
  );
}
