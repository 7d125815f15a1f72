import { documentsScopes, type Stage, stages } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { type NewRequest, newRequestSchema, requestKinds } from "../requests/request";

const line = z.string().trim().max(2000).default("");
/** Several boxes of one name: browsers send a text for one, and nothing for none. */
const boxes = z.preprocess((value) => [value ?? []].flat(), z.array(z.string().max(200)).max(50));

/** What the form of a request holds, as a browser sends it. */
export const fieldsSchema = z.object({
  kind: z.enum(requestKinds).default("createCustomer"),
  stage: z.enum(stages).default("testing"),
  name: line,
  customerId: line,
  owner: line,
  cells: boxes,
  authMethod: line,
  scopes: boxes,
  readers: z.string().max(20_000).default(""),
  adopt: line,
  reason: line,
  basedOn: line,
  /** The declared entry that a change is written from, as JSON: what the form does not show stays as it is. */
  entry: z.string().max(200_000).default(""),
});
export type Fields = z.output<typeof fieldsSchema>;

/** The fields of an empty form. */
export function emptyFields(): Fields {
  return { ...fieldsSchema.parse({}), scopes: [...documentsScopes] };
}

const readableEntry = z.looseObject({
  name: z.string().catch(""),
  customerId: z.string().catch(""),
  owner: z.string().catch(""),
  cells: z.array(z.string()).catch([]),
  adopt: z.string().catch(""),
  secrets: z.looseObject({ readerRoleArns: z.array(z.string()).catch([]) }).catch({ readerRoleArns: [] }),
  applications: z
    .array(z.looseObject({ authMethod: z.string().catch(""), scopes: z.array(z.string()).catch([]) }))
    .catch([]),
});

/** Fills the form from an entry: a customer's declared one, or that of a request that is asked again. */
export function fieldsOfEntry(entry: unknown, rest: Pick<Fields, "kind" | "stage">): Fields {
  const { data } = readableEntry.safeParse(entry);
  if (data === undefined) return { ...emptyFields(), ...rest };
  const [application] = data.applications;
  return {
    ...emptyFields(),
    ...rest,
    name: data.name,
    customerId: data.customerId,
    owner: data.owner,
    cells: data.cells,
    adopt: data.adopt,
    readers: data.secrets.readerRoleArns.join("\n"),
    authMethod: application?.authMethod ?? "",
    scopes:
      application === undefined || application.scopes.length === 0
        ? [...documentsScopes]
        : application.scopes,
    entry: JSON.stringify(entry),
  };
}

/** Fills the form from what was asked before. */
export function fieldsOfRequest(asked: NewRequest): Fields {
  const { kind, stage, reason } = asked;
  const fields = "customer" in asked ? fieldsOfEntry(asked.customer, { kind, stage }) : emptyFields();
  return { ...fields, kind, stage, reason, basedOn: "basedOn" in asked ? asked.basedOn : "" };
}

/** The kinds whose form has a whole entry. */
export const kindsWithEntry: readonly Fields["kind"][] = ["createCustomer", "adopt", "changeCustomer"];

/**
 * Gives what a form asks for.
 *
 * @throws ZodError where it is none that can be sent at all
 */
export function requestOf(fields: Fields): NewRequest {
  const { kind, stage, reason, basedOn, name } = fields;
  const common = { kind, stage, reason, ...(basedOn === "" ? {} : { basedOn }) };
  if (kind === "upgrade") return newRequestSchema.parse(common);
  if (!kindsWithEntry.includes(kind)) return newRequestSchema.parse({ ...common, customer: { name } });
  return newRequestSchema.parse({ ...common, customer: entryOf(fields) });
}

function entryOf({
  kind,
  name,
  customerId,
  owner,
  cells,
  adopt,
  entry,
  ...fields
}: Fields): Record<string, unknown> {
  const before =
    kind === "changeCustomer" ? z.record(z.string(), z.unknown()).parse(JSON.parse(entry || "{}")) : {};
  const readers = fields.readers.split(/\s+/).filter((arn) => arn !== "");
  const { secrets, ...kept } = before;
  const allSecrets = { ...z.record(z.string(), z.unknown()).catch({}).parse(secrets), ...readersOf(readers) };
  return {
    ...kept,
    name,
    customerId,
    ...(owner === "" ? {} : { owner }),
    cells,
    ...(kind === "adopt" ? { adopt } : {}),
    ...(Object.keys(allSecrets).length === 0 ? {} : { secrets: allSecrets }),
    ...applicationsOf(kind, cells, fields),
  };
}

function readersOf(readers: readonly string[]): Record<string, unknown> {
  return readers.length === 0 ? {} : { readerRoleArns: readers };
}

/** One application a cell, all alike. What a change finds declared otherwise stays as it is. */
function applicationsOf(
  kind: Fields["kind"],
  cells: readonly string[],
  { authMethod, scopes }: Pick<Fields, "authMethod" | "scopes">,
): Record<string, unknown> {
  const isUsual =
    (authMethod === "" || authMethod === "CLIENT_SECRET") && scopes.length === documentsScopes.length;
  if (kind === "changeCustomer" || isUsual) return {};
  const each = { ...(authMethod === "" ? {} : { authMethod }), ...(scopes.length === 0 ? {} : { scopes }) };
  return { applications: cells.map((cell) => ({ cell, ...each })) };
}

/** What is wrong with a form, by the field it concerns; `""` for the whole. */
export type FieldProblems = ReadonlyMap<string, readonly string[]>;

/** Sorts problems by the field of the form that they concern. */
export function problemsByField(errors: ReadonlyArray<{ path: string; message: string }>): FieldProblems {
  const byField = new Map<string, string[]>();
  for (const { path, message } of errors) {
    const field = fieldOfPath(path);
    byField.set(field, [...(byField.get(field) ?? []), message]);
  }
  return byField;
}

const fieldNames = Object.keys(fieldsSchema.shape);

function fieldOfPath(path: string): string {
  if (path.includes("readerRoleArns")) return "readers";
  const words = path.split(/[^A-Za-z]+/);
  return words.find((word) => word !== "customer" && fieldNames.includes(word)) ?? "";
}

/** Gives the stages that a form offers. */
export function stagesOffered(configured: Readonly<Partial<Record<Stage, unknown>>>): Stage[] {
  return stages.filter((stage) => configured[stage] !== undefined);
}
