import {
  authMethods,
  documentsScopes,
  type Stage,
  stageTable,
} from "pulumi-resistant-tenants/internal/vocabulary";
import type { ComponentChildren } from "preact";

import { type FieldProblems, type Fields, kindsWithEntry } from "./fields";
import { FormKey, ProblemBox } from "./parts";
import { kindWords } from "./words";

/** What the form of a request shows. */
export interface RequestFormProps {
  fields: Fields;
  problems: FieldProblems;
  stages: readonly Stage[];
  /** A random text: a double click is one request. */
  formKey: string;
  /** The draft that is being written on; undefined for a new form. */
  draftId: string | undefined;
}

/** The form of a request. It works without a script; with one it is checked while it is filled in. */
export function RequestForm({ fields, problems, stages, formKey, draftId }: RequestFormProps) {
  const whole = problems.get("") ?? [];
  return (
    <form method="post" action="/requests/new" data-check="/requests/check" novalidate>
      {problems.size > 0 && (
        <ProblemBox title="This cannot be sent yet">
          {whole.length === 0 ? (
            <p>Correct what is marked below.</p>
          ) : (
            whole.map((problem) => <p key={problem}>{problem}</p>)
          )}
        </ProblemBox>
      )}
      <FormKey value={formKey} />
      <input type="hidden" name="basedOn" value={fields.basedOn} />
      <input type="hidden" name="entry" value={fields.entry} />
      {draftId !== undefined && <input type="hidden" name="draftId" value={draftId} />}
      <KindAndStage fields={fields} stages={stages} problems={problems} />
      <Field
        name="name"
        label="Name"
        hint="1 to 61 lower-case letters and digits. It becomes the tenant's name, for good."
        problems={problems}
      >
        <input
          {...described("name", problems)}
          value={fields.name}
          readOnly={fields.basedOn !== ""}
          autocomplete="off"
          spellcheck={false}
          required
        />
      </Field>
      {kindsWithEntry.includes(fields.kind) && <EntryFields fields={fields} problems={problems} />}
      <Field
        name="reason"
        label="Why"
        hint="It is recorded, and shown to whoever approves."
        problems={problems}
      >
        <textarea {...described("reason", problems)} rows={2} required value={fields.reason} />
      </Field>
      <div class="buttons">
        <button name="action" value="send">
          Ask for it
        </button>
        <button name="action" value="draft" class="secondary outline" formNoValidate>
          Save as a draft
        </button>
      </div>
    </form>
  );
}

function KindAndStage({
  fields,
  stages,
  problems,
}: Pick<RequestFormProps, "fields" | "stages" | "problems">) {
  if (fields.basedOn !== "" || !kindsWithEntry.includes(fields.kind)) {
    return (
      <>
        <input type="hidden" name="kind" value={fields.kind} />
        <input type="hidden" name="stage" value={fields.stage} />
      </>
    );
  }
  return (
    <>
      <Field name="kind" label="What" problems={problems}>
        <select {...described("kind", problems)}>
          {(["createCustomer", "adopt"] as const).map((kind) => (
            <option key={kind} value={kind} selected={kind === fields.kind}>
              {kindWords[kind]}
            </option>
          ))}
        </select>
      </Field>
      <Field
        name="stage"
        label="Stage"
        hint="Testing has the cell eu-1 alone. Production needs a second person's approval."
        problems={problems}
      >
        <select {...described("stage", problems)}>
          {stages.map((stage) => (
            <option key={stage} value={stage} selected={stage === fields.stage}>
              {stage}
            </option>
          ))}
        </select>
      </Field>
    </>
  );
}

function EntryFields({ fields, problems }: Pick<RequestFormProps, "fields" | "problems">) {
  const isChange = fields.kind === "changeCustomer";
  const cells = isChange ? stageTable[fields.stage].cells : stageTable.production.cells;
  return (
    <>
      {!isChange && (
        <Field
          name="adopt"
          label="Tenant id"
          hint="Only to take over a tenant that exists: its id at the vendor."
          problems={problems}
        >
          <input {...described("adopt", problems)} value={fields.adopt} autocomplete="off" />
        </Field>
      )}
      <Field
        name="customerId"
        label="Your identifier"
        hint="Your own identifier of the customer, such as its number in the CRM."
        problems={problems}
      >
        <input {...described("customerId", problems)} value={fields.customerId} required />
      </Field>
      <Field
        name="owner"
        label="Owner"
        hint="Who is responsible. Left empty: the stage's default."
        problems={problems}
      >
        <input {...described("owner", problems)} value={fields.owner} />
      </Field>
      <Boxes name="cells" label="Cells" options={cells} chosen={fields.cells} problems={problems} />
      {!isChange && (
        <>
          <Field name="authMethod" label="Authentication" problems={problems}>
            <select {...described("authMethod", problems)}>
              {authMethods.map((method) => (
                <option key={method} value={method} selected={method === fields.authMethod}>
                  {method}
                </option>
              ))}
            </select>
          </Field>
          <Boxes
            name="scopes"
            label="Scopes"
            options={documentsScopes}
            chosen={fields.scopes}
            problems={problems}
          />
        </>
      )}
      <Field
        name="readers"
        label="Who may read the credentials"
        hint="ARNs of AWS roles, one a line. Left empty: whoever AWS allows."
        problems={problems}
      >
        <textarea {...described("readers", problems)} rows={3} spellcheck={false} value={fields.readers} />
      </Field>
    </>
  );
}

interface FieldProps {
  name: string;
  label: string;
  hint?: string;
  problems: FieldProblems;
  children: ComponentChildren;
}

function Field({ name, label, hint, problems, children }: FieldProps) {
  return (
    <div class="field">
      <label for={name}>{label}</label>
      {children}
      {hint !== undefined && <small id={`${name}-hint`}>{hint}</small>}
      <small id={`${name}-problem`} class="wrong" aria-live="polite">
        {(problems.get(name) ?? []).join(" ")}
      </small>
    </div>
  );
}

/** What ties an input to its label, its hint and its problem. */
function described(name: string, problems: FieldProblems) {
  return {
    id: name,
    name,
    "aria-describedby": `${name}-hint ${name}-problem`,
    ...(problems.has(name) ? { "aria-invalid": true as const } : {}),
  };
}

interface BoxesProps {
  name: string;
  label: string;
  options: readonly string[];
  chosen: readonly string[];
  problems: FieldProblems;
}

function Boxes({ name, label, options, chosen, problems }: BoxesProps) {
  return (
    <fieldset aria-describedby={`${name}-problem`}>
      <legend>{label}</legend>
      {options.map((option) => (
        <label key={option}>
          <input type="checkbox" name={name} value={option} checked={chosen.includes(option)} /> {option}
        </label>
      ))}
      <small id={`${name}-problem`} class="wrong" aria-live="polite">
        {(problems.get(name) ?? []).join(" ")}
      </small>
    </fieldset>
  );
}
