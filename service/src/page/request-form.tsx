import { longestReason } from "pulumi-resistant-tenants/internal/reason";
import {
  type Cell,
  defaultAuthMethod,
  documentsScopes,
  type Stage,
  stages,
  stageTable,
  widestStage,
} from "pulumi-resistant-tenants/internal/vocabulary";

import { kindWords } from "../requests/request";
import { applicationsIn } from "./application-fields";
import { ApplicationRows, MethodField } from "./application-rows";
import { type FieldProblems, type Fields, jsonOf, kindsWithEntry } from "./fields";
import { Boxes, described, Field } from "./form-parts";
import { FormKey, ProblemBox } from "./parts";
import { NothingToUpgrade, type UpgradableCustomer, WhichCustomers } from "./upgrade-form";

/** The parts of a request's form. */
export interface RequestFormProps {
  fields: Fields;
  problems: FieldProblems;
  stages: readonly Stage[];
  /** A random text: makes a double click one request. */
  formKey: string;
  /** The draft to overwrite; undefined for a new form. */
  draftId: string | undefined;
  /** For an upgrade: the customers to choose from. */
  customers?: readonly UpgradableCustomer[];
  /** The link to the form with the customer's present values; undefined if they have not changed. */
  anew?: string | undefined;
}

/** The form of a request. It works without a script; with one it is checked while it is filled in. */
export function RequestForm(props: RequestFormProps) {
  const { fields, problems, stages, formKey, draftId, customers = [], anew } = props;
  const whole = problems.get("") ?? [];
  const isUpgrade = fields.kind === "upgrade";
  if (isUpgrade && customers.length === 0) return <NothingToUpgrade stage={fields.stage} />;
  return (
    <form method="post" action="/requests/new" data-check="/requests/check" novalidate>
      {problems.size > 0 && (
        <ProblemBox title="This cannot be sent yet">
          {whole.length === 0 ? (
            <p>Correct what is marked below.</p>
          ) : (
            whole.map((problem) => <p key={problem}>{problem}</p>)
          )}
          {anew !== undefined && (
            <p>
              <a href={anew}>Open this form for the customer as it is now</a>
            </p>
          )}
        </ProblemBox>
      )}
      <FormKey value={formKey} />
      <input type="hidden" name="basedOn" value={fields.basedOn} />
      <input type="hidden" name="entry" value={fields.entry} />
      <input type="hidden" name="endedOn" value={fields.endedOn} />
      {draftId !== undefined && <input type="hidden" name="draftId" value={draftId} />}
      <KindAndStage fields={fields} stages={stages} problems={problems} />
      {!isUpgrade && (
        <Field
          name="name"
          label="Name"
          {...(fields.basedOn === "" && {
            hint: "Lower-case letters and digits, such as acme. It permanently becomes the tenant's name, and the beginning of its address.",
          })}
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
          <small id="name-note" class="right" aria-live="polite" />
        </Field>
      )}
      <WhatItDoes kind={fields.kind} />
      {isUpgrade && <WhichCustomers fields={fields} customers={customers} problems={problems} />}
      {fields.kind === "rotate" && <WhichApplication fields={fields} problems={problems} />}
      {kindsWithEntry.includes(fields.kind) && <EntryFields fields={fields} problems={problems} />}
      <Field name="reason" label="Why" hint="It is recorded, and shown to the approvers." problems={problems}>
        <textarea
          {...described("reason", problems)}
          rows={2}
          required
          maxLength={longestReason}
          value={fields.reason}
        />
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

const consequences: Readonly<Partial<Record<Fields["kind"], string>>> = {
  rotate:
    "Each of its applications gets new credentials, stored where the old ones are. The plan shows what happens to the old ones.",
  deprecate: "It is marked as deprecated. Nothing is deleted, and its credentials keep working.",
  delete:
    "Its tenant, all documents in it, its clients and their credentials are deleted. This cannot be undone.",
  release: "It leaves this service and stays unchanged at the vendor: another owner manages it from then on.",
  upgrade:
    "The present release of the program, and the stage's present settings, are applied to these customers. What they ask for themselves stays as it is; the plan says what would change.",
};

function WhatItDoes({ kind }: Pick<Fields, "kind">) {
  const text = consequences[kind];
  return text === undefined ? null : <p>{text}</p>;
}

function WhichApplication({ fields, problems }: Pick<RequestFormProps, "fields" | "problems">) {
  const all = applicationsIn(jsonOf(fields.entry));
  if (all.length < 2) return <input type="hidden" name="application" value={fields.application} />;
  return (
    <Field name="application" label="Of which application" problems={problems}>
      <select {...described("application", problems)}>
        <option value="">all of them</option>
        {all.map((name) => (
          <option key={name} value={name} selected={name === fields.application}>
            {name.replace(/\/default$/, "")}
          </option>
        ))}
      </select>
    </Field>
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
        hint="Testing is for trials. Production is for the customer's real documents, and needs a second person's approval."
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

/** The displayed AWS region of each of the vendor's cells. */
const places: Readonly<Record<Cell, string>> = {
  "eu-1": "Ireland",
  "us-1": "Virginia",
  "ca-1": "Canada",
  "ap-2": "Mumbai",
  "ap-3": "Sydney",
};

/** Says which cells a stage has if it does not have them all. */
function narrowness(stage: Stage): string[] {
  const { cells } = stageTable[stage];
  return cells.length === stageTable[widestStage].cells.length
    ? []
    : [`The ${stage} stage has only ${cells.join(", ")}.`];
}

function EntryFields({ fields, problems }: Pick<RequestFormProps, "fields" | "problems">) {
  const isChange = fields.kind === "changeCustomer";
  const cells = isChange ? stageTable[fields.stage].cells : stageTable[widestStage].cells;
  return (
    <>
      <Field
        name="customerId"
        label="Your own identifier of the customer"
        hint="For example, its number in your CRM."
        problems={problems}
      >
        <input {...described("customerId", problems)} value={fields.customerId} required />
        <small id="customerId-note" aria-live="polite" />
      </Field>
      <Boxes
        name="cells"
        label="Cells"
        hint={["Where the customer's documents are processed.", ...stages.flatMap(narrowness)].join(" ")}
        options={cells}
        words={(cell) => `${cell} (${places[cell as Cell]})`}
        chosen={fields.cells}
        problems={problems}
      />
      {isChange && <ApplicationRows fields={fields} cells={cells} problems={problems} />}
      <Details fields={fields} cells={cells} problems={problems} />
    </>
  );
}

const detailed: readonly string[] = ["endsOn", "owner", "authMethod", "scopes", "readers", "adopt", "more"];

/** Rarely needed fields: open if one is filled in or wrong. */
function Details({
  fields,
  cells,
  problems,
}: Pick<RequestFormProps, "fields" | "problems"> & { cells: readonly Cell[] }) {
  const isChange = fields.kind === "changeCustomer";
  const isOpen =
    [...problems.keys()].some((name) => detailed.includes(name) || name.startsWith("app-")) ||
    [fields.owner, fields.readers, fields.adopt, fields.endsOn, fields.more].some((text) => text !== "") ||
    (!isChange && fields.applications.length > 0) ||
    !["", defaultAuthMethod].includes(fields.authMethod);
  return (
    <details open={isOpen}>
      <summary>Technical details: the defaults suit most customers</summary>
      <Field
        name="owner"
        label="Owner"
        hint="The responsible team. If empty: the stage's default."
        problems={problems}
      >
        <input {...described("owner", problems)} value={fields.owner} />
      </Field>
      <Field
        name="readers"
        label="Who may read the credentials"
        hint="ARNs of AWS roles, one per line. If empty: those whom AWS allows."
        problems={problems}
      >
        <textarea {...described("readers", problems)} rows={3} spellcheck={false} value={fields.readers} />
      </Field>
      <Field
        name="endsOn"
        label="Needed until"
        hint="A date, or empty. Nothing is deleted automatically: it is listed under Due afterwards."
        problems={problems}
      >
        <input {...described("endsOn", problems)} type="date" value={fields.endsOn} />
      </Field>
      {!isChange && (
        <>
          <MethodField name="authMethod" chosen={fields.authMethod} problems={problems} />
          <Boxes
            name="scopes"
            label="What they may do there"
            options={documentsScopes}
            chosen={fields.scopes}
            problems={problems}
          />
          <Field
            name="adopt"
            label="Tenant id"
            hint="Only to take over a tenant that already exists at the vendor: its id there."
            problems={problems}
          >
            <input {...described("adopt", problems)} value={fields.adopt} autocomplete="off" />
          </Field>
          <ApplicationRows fields={fields} cells={cells} problems={problems} />
        </>
      )}
      {isChange && <input type="hidden" name="adopt" value={fields.adopt} />}
      <Field
        name="more"
        label="Other settings of the customer, as YAML"
        hint="What a stack's tenants:customers can have, and this form has no field for, such as secrets and uiCells."
        problems={problems}
      >
        <textarea {...described("more", problems)} rows={3} spellcheck={false} value={fields.more} />
      </Field>
    </details>
  );
}
