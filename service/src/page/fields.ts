import { documentsScopes, type Stage, stages } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { type NewRequest, newRequestSchema, requestKinds } from "../requests/request";
import { etagOf } from "../requests/stale";
import {
  applicationsFrom,
  boxes,
  fromYaml,
  rowsOf,
  rowsSchema,
  toYaml,
  uniformIn,
  yamlField,
} from "./application-fields";

const line = z.string().trim().max(2000).default("");
/** An upgrade may cover all customers of a stage. */
export const mostCustomers = 10_000;

/** The fields of a request's form, as a browser sends them. */
export const fieldsSchema = z.object({
  kind: z.enum(requestKinds).default("createCustomer"),
  stage: z.enum(stages).default("testing"),
  name: line,
  customerId: line,
  owner: line,
  cells: boxes(50),
  authMethod: line,
  scopes: boxes(50),
  applications: rowsSchema,
  readers: z.string().max(20_000).default(""),
  adopt: line,
  /** Several lines in the form become one. */
  reason: line.transform((text) => text.replace(/\s+/g, " ")),
  basedOn: line,
  /** The application whose credentials are rotated, as `cell/purpose`; empty for all. */
  application: line,
  /** Until when the customer is needed: a date, or empty. */
  endsOn: line,
  /** The value of `endsOn` before a change. */
  endedOn: line,
  /** The declared entry from which the form is filled, as JSON. */
  entry: z.string().max(200_000).default(""),
  /** Other settings of the customer, as YAML. */
  more: yamlField,
  /** The customers of an upgrade. */
  customers: boxes(mostCustomers),
  /** The ETags of the customers that the form showed, by name, as JSON. */
  etags: z.string().max(400_000).default(""),
});
export type Fields = z.output<typeof fieldsSchema>;

/** Returns the fields of an empty form. */
export function emptyFields(): Fields {
  return { ...fieldsSchema.parse({}), scopes: [...documentsScopes] };
}

const readableEntry = z.looseObject({
  name: z.string().catch(""),
  customerId: z.string().catch(""),
  owner: z.string().catch(""),
  cells: z.array(z.string()).catch([]),
  adopt: z.string().catch(""),
  secrets: z.record(z.string(), z.unknown()).catch({}),
});

/** The members of an entry that have a field. */
const shownMembers = ["name", "customerId", "owner", "cells", "adopt", "applications", "status"] as const;

/** Returns the members of an entry without a field. An empty list of readers differs from no list. */
function moreOf({ secrets, ...entry }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { readerRoleArns, ...others } = z.record(z.string(), z.unknown()).catch({}).parse(secrets);
  const kept =
    Array.isArray(readerRoleArns) && readerRoleArns.length === 0 ? { ...others, readerRoleArns } : others;
  const rest = Object.fromEntries(
    Object.entries(entry).filter(([name]) => !shownMembers.some((shown) => shown === name)),
  );
  return Object.keys(kept).length === 0 ? rest : { ...rest, secrets: kept };
}

/** Fills the form from an entry: a customer's declared one, or that of an earlier request. */
export function fieldsOfEntry(entry: unknown, rest: Pick<Fields, "kind" | "stage">): Fields {
  const { data } = readableEntry.safeParse(entry);
  if (data === undefined) return { ...emptyFields(), ...rest };
  const { name, customerId, owner, cells, adopt, secrets } = data;
  // A change shows each existing application; a new customer's are usually alike.
  const alike = rest.kind === "changeCustomer" ? undefined : uniformIn(entry);
  return {
    ...emptyFields(),
    ...rest,
    ...{ name, customerId, owner, cells, adopt },
    readers: z.array(z.string()).catch([]).parse(secrets["readerRoleArns"]).join("\n"),
    more: toYaml(moreOf(data)),
    ...(alike === undefined
      ? { applications: rowsOf(entry) }
      : { authMethod: alike.authMethod, scopes: alike.scopes }),
    entry: JSON.stringify(entry),
  };
}

/** Fills the form from a draft; a draft of an earlier release has no rows of applications. */
export function fieldsOfDraft(draft: Readonly<Record<string, unknown>>): Fields {
  const fields = fieldsSchema.parse(draft);
  if (draft["applications"] !== undefined || fields.entry === "") return fields;
  const { applications, more } = fieldsOfEntry(jsonOf(fields.entry), fields);
  return { ...fields, applications, more };
}

/** Fills the form from an earlier request. */
export function fieldsOfRequest(asked: NewRequest): Fields {
  const { kind, stage, reason } = asked;
  const fields = "customer" in asked ? fieldsOfEntry(asked.customer, { kind, stage }) : emptyFields();
  return {
    ...fields,
    kind,
    stage,
    reason,
    basedOn: "basedOn" in asked ? asked.basedOn : "",
    endsOn: "endsOn" in asked ? (asked.endsOn ?? "") : "",
    customers: asked.kind === "upgrade" ? (asked.customers ?? []) : [],
    application: asked.kind === "rotate" ? nameOfApplication(asked.customer.application) : "",
  };
}

function nameOfApplication(application: unknown): string {
  const { data } = z.object({ cell: z.string(), purpose: z.string() }).safeParse(application);
  return data === undefined ? "" : `${data.cell}/${data.purpose}`;
}

/** The kinds whose form contains a whole entry. */
export const kindsWithEntry: readonly Fields["kind"][] = ["createCustomer", "adopt", "changeCustomer"];

/**
 * Returns the request of a form.
 *
 * @throws ZodError if it cannot be sent at all
 */
export function requestOf(fields: Fields): NewRequest {
  const { kind, stage, reason, basedOn, name, application, endsOn, endedOn } = fields;
  const common = { kind, stage, reason, ...(basedOn === "" ? {} : { basedOn }) };
  if (kind === "upgrade") return newRequestSchema.parse({ ...common, ...upgradeOf(fields) });
  if (!kindsWithEntry.includes(kind)) {
    const [cell, purpose] = application.split("/");
    const only = kind === "rotate" && application !== "" ? { application: { cell, purpose } } : {};
    return newRequestSchema.parse({ ...common, customer: { name, ...only } });
  }
  const end = endsOn === endedOn ? {} : { endsOn: endsOn === "" ? null : endsOn };
  return newRequestSchema.parse({ ...common, ...end, customer: entryOf(fields) });
}

/** Returns each chosen customer with the ETag that the form showed. */
function upgradeOf({ customers, etags }: Fields): Record<string, unknown> {
  const shown = z.record(z.string(), z.string()).catch({}).parse(jsonOf(etags));
  const chosen = customers.map((name) => ({ name, etag: shown[name] ?? "" }));
  return { customers, basedOn: etagOf(chosen) };
}

/** Parses JSON of a form, which may be anything; anything else counts as an empty object. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text || "{}");
  } catch {
    return {};
  }
}

function entryOf(fields: Fields): Record<string, unknown> {
  const { kind, name, customerId, owner, cells, adopt } = fields;
  const { status } = z.record(z.string(), z.unknown()).catch({}).parse(jsonOf(fields.entry));
  const readers = fields.readers.split(/\s+/).filter((arn) => arn !== "");
  const { secrets, ...more } = fromYaml(fields.more, "more", shownMembers);
  const allSecrets = {
    ...z.record(z.string(), z.unknown()).catch({}).parse(secrets),
    ...(readers.length === 0 ? {} : { readerRoleArns: readers }),
  };
  const applications = listedIn(fields).map(({ application }) => application);
  return {
    ...more,
    ...(kind === "changeCustomer" && status !== undefined ? { status } : {}),
    name,
    customerId,
    ...(owner === "" ? {} : { owner }),
    cells,
    ...(kind === "adopt" || (kind === "changeCustomer" && adopt !== "") ? { adopt } : {}),
    ...(Object.keys(allSecrets).length === 0 ? {} : { secrets: allSecrets }),
    ...(applications.length === 0 ? {} : { applications }),
  };
}

/** In a change, a cell without a row is an added cell and gets the default application. */
function listedIn({
  kind,
  entry,
  cells,
  applications,
  ...fields
}: Fields): ReturnType<typeof applicationsFrom> {
  const usual = { authMethod: "", scopes: [...documentsScopes] };
  return applicationsFrom({
    ...{ before: jsonOf(entry), cells, applications },
    ...(kind === "changeCustomer" ? usual : { authMethod: fields.authMethod, scopes: fields.scopes }),
  });
}

/** A form's problems by field; `""` for the whole form. */
export type FieldProblems = ReadonlyMap<string, readonly string[]>;

/** Sorts problems by the form's fields. */
export function problemsByField(
  errors: ReadonlyArray<{ path: string; message: string }>,
  fields: Fields,
): FieldProblems {
  const byField = new Map<string, string[]>();
  for (const { path, message } of errors) {
    const field = fieldOfPath(path, fields);
    // A field that is empty need not be quoted beside itself.
    byField.set(field, [...(byField.get(field) ?? []), message.replace(/^"" /, "")]);
  }
  return byField;
}

const fieldNames = Object.keys(fieldsSchema.shape);
/** Members that contain fields and are none themselves. */
const containers = ["customer", "applications"];
const fieldsOfRow = ["cell", "purpose", "authMethod", "scopes"];

function fieldOfPath(path: string, fields: Fields): string {
  if (path.includes("readerRoleArns")) return "readers";
  const [, list, index, rest = ""] = /^(?:customer\.)?(applications|row)\[(\d+)\](.*)$/.exec(path) ?? [];
  if (index !== undefined) {
    const row = list === "row" ? Number(index) : listedIn(fields)[Number(index)]?.row;
    const field = /^\.(\w+)/.exec(rest)?.[1] ?? "purpose";
    if (row !== undefined) return `app-${row}-${fieldsOfRow.includes(field) ? field : "more"}`;
  }
  const words = path.split(/[^A-Za-z]+/).filter((word) => word !== "");
  const known = words.find((word) => !containers.includes(word) && fieldNames.includes(word));
  return known ?? (words[0] === "customer" && words.length > 1 ? "more" : "");
}

/** Returns the stages that a form offers. */
export function stagesOffered(configured: Readonly<Partial<Record<Stage, unknown>>>): Stage[] {
  return stages.filter((stage) => configured[stage] !== undefined);
}
