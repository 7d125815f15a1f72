import type { FieldProblems, Fields } from "./fields";

/** A customer that can be upgraded. */
export interface UpgradableCustomer {
  name: string;
  customerId: string;
  status: string;
  etag: string;
}

/** Is shown in place of the form where a stage has no customers. */
export function NothingToUpgrade({ stage }: { stage: string }) {
  return (
    <>
      <p>There is no customer in {stage} yet, so there is nothing to upgrade.</p>
      <p>
        <a role="button" href="/requests/new">
          Ask for a new customer
        </a>
      </p>
    </>
  );
}

/** The customers of a stage to choose for an upgrade. If there are more than a few, links tick all or none. */
export function WhichCustomers({
  fields: { customers: chosen, stage },
  customers,
  problems,
}: {
  fields: Fields;
  customers: readonly UpgradableCustomer[];
  problems: FieldProblems;
}) {
  const etags = Object.fromEntries(customers.map(({ name, etag }) => [name, etag]));
  const all = `/requests/new?kind=upgrade&stage=${stage}`;
  return (
    <fieldset aria-describedby="customers-problem">
      <legend>
        Which customers in {stage} ({customers.length})
      </legend>
      <input type="hidden" name="etags" value={JSON.stringify(etags)} />
      <p>
        <a href={all}>Choose all</a> · <a href={`${all}&pick=none`}>Choose none</a>
      </p>
      <small id="customers-problem" class="wrong" aria-live="polite">
        {(problems.get("customers") ?? []).join(" ")}
      </small>
      {customers.map(({ name, customerId, status }) => (
        <label key={name}>
          <input type="checkbox" name="customers" value={name} checked={chosen.includes(name)} />{" "}
          <span>
            {name}{" "}
            <span class="quiet">
              {customerId}
              {status !== "active" && `, ${status}`}
            </span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
