import {
  type AuthMethod,
  authMethods,
  type Cell,
  documentsScopes,
} from "pulumi-resistant-tenants/internal/vocabulary";

import type { ApplicationRow } from "./application-fields";
import type { FieldProblems, Fields } from "./fields";
import { Boxes, described, Field } from "./form-parts";

/** The displayed names of the authentication methods. */
const wordsOfMethod: Readonly<Record<AuthMethod, string>> = {
  CLIENT_SECRET: "a client secret (usual)",
  RSA: "a key pair, RSA",
  EC: "a key pair, EC",
};

/** The customer's applications, one row each: existing and added ones. Every row also works without a script. */
export function ApplicationRows({
  fields: { applications, kind },
  cells,
  problems,
}: {
  fields: Fields;
  cells: readonly Cell[];
  problems: FieldProblems;
}) {
  const isChange = kind === "changeCustomer";
  return (
    <section aria-labelledby="applications">
      <h2 id="applications">Applications</h2>
      <p>
        {isChange
          ? "Each has its own client and credentials. A ticked cell without an application here gets the default one."
          : "Each cell gets one application. Add others only where a customer's systems need credentials of their own: a cell that has one here gets no other."}
      </p>
      {applications.map((row, index) => (
        <Row key={index} {...{ row, index, cells, problems }} />
      ))}
      <div class="buttons">
        <button name="action" value="addApplication" class="secondary outline" formNoValidate>
          Add an application
        </button>
      </div>
    </section>
  );
}

interface RowProps {
  row: ApplicationRow;
  index: number;
  cells: readonly Cell[];
  problems: FieldProblems;
}

function Row({ row, index, cells, problems }: RowProps) {
  const named = (field: string): string => `app-${index}-${field}`;
  const exists = row.was !== "";
  return (
    <fieldset class="application">
      <legend>{exists ? row.was.replace("/", ", ") : "New application"}</legend>
      <input type="hidden" name={named("was")} value={row.was} />
      {exists ? (
        <>
          <input type="hidden" name={named("cell")} value={row.cell} />
          <input type="hidden" name={named("purpose")} value={row.purpose} />
        </>
      ) : (
        <NewPlace {...{ row, index, cells, problems }} />
      )}
      <MethodField name={named("authMethod")} chosen={row.authMethod} problems={problems} />
      <Boxes
        name={named("scopes")}
        label="What it may do"
        options={documentsScopes}
        chosen={row.scopes}
        problems={problems}
      />
      <details open={row.more !== "" || problems.has(named("more"))}>
        <summary>Other settings</summary>
        <Field
          name={named("more")}
          label="As YAML"
          hint="Such as rotation, publicKey and keyId, or adopt of an application that exists."
          problems={problems}
        >
          <textarea {...described(named("more"), problems)} rows={3} spellcheck={false} value={row.more} />
        </Field>
      </details>
      {exists && (
        <label class="wrong">
          <input type="checkbox" name={named("remove")} value="yes" checked={row.remove !== ""} />{" "}
          <span>Take it away: its client and its credentials are deleted, which cannot be undone</span>
        </label>
      )}
    </fieldset>
  );
}

function NewPlace({ row, index, cells, problems }: RowProps) {
  const named = (field: string): string => `app-${index}-${field}`;
  return (
    <>
      <Field name={named("cell")} label="Cell" problems={problems}>
        <select {...described(named("cell"), problems)} autofocus={row.cell === ""}>
          <option value="">none: leave this application out</option>
          {cells.map((cell) => (
            <option key={cell} value={cell} selected={cell === row.cell}>
              {cell}
            </option>
          ))}
        </select>
      </Field>
      <Field
        name={named("purpose")}
        label="Purpose"
        hint="Distinguishes the applications of a cell, such as ingest: 1 to 32 lower-case letters, digits and hyphens."
        problems={problems}
      >
        <input
          {...described(named("purpose"), problems)}
          value={row.purpose}
          autocomplete="off"
          spellcheck={false}
        />
      </Field>
    </>
  );
}

/** The field for choosing an authentication method. */
export function MethodField({
  name,
  chosen,
  problems,
}: {
  name: string;
  chosen: string;
  problems: FieldProblems;
}) {
  return (
    <Field name={name} label="How the customer's systems log in" problems={problems}>
      <select {...described(name, problems)}>
        {authMethods.map((method) => (
          <option key={method} value={method} selected={method === chosen}>
            {wordsOfMethod[method]}
          </option>
        ))}
      </select>
    </Field>
  );
}
