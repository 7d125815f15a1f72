import { defaultAuthMethod, documentsScopes } from "pulumi-resistant-tenants/internal/vocabulary";
import { parseDocument, stringify } from "yaml";
import { z } from "zod";

import { Problem } from "../problem";

const line = z.string().trim().max(2000).default("");
const longestYaml = 20_000;

/** YAML text for settings without a field in the form. */
export const yamlField = z.string().max(longestYaml).default("");

/** Several boxes of one name: browsers send a text for one, and nothing for none. */
export const boxes = (most: number) =>
  z.preprocess((value) => [value ?? []].flat(), z.array(z.string().max(200)).max(most));

/** An application in the form, declared or added. */
const rowSchema = z.object({
  cell: line,
  purpose: line,
  authMethod: line,
  scopes: boxes(20),
  /** Its other settings, as YAML. */
  more: yamlField,
  /** `cell/purpose` of an existing one; empty for an added one. */
  was: line,
  /** If not empty, the application is removed. */
  remove: line,
});
export type ApplicationRow = z.output<typeof rowSchema>;

/** No customer has more. */
const mostRows = 100;
/** The applications in the form. */
export const rowsSchema = z.array(rowSchema).max(mostRows).default([]);

const rowField = /^app-(\d{1,3})-(\w+)$/;

/** Collects a form's applications: a browser sends each field as `app-<row>-<field>`. */
export function gatherRows(body: unknown): unknown {
  if (typeof body !== "object" || body === null || "applications" in body) return body;
  const rows = new Map<number, Record<string, unknown>>();
  const rest: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body as Readonly<Record<string, unknown>>)) {
    const [, row, field] = rowField.exec(name) ?? [];
    if (row === undefined || field === undefined) rest[name] = value;
    else rows.set(Number(row), { ...rows.get(Number(row)), [field]: value });
  }
  const inOrder = [...rows].sort(([one], [other]) => one - other).map(([, row]) => row);
  return { ...rest, applications: inOrder };
}

/** Returns an empty row for an added application. */
export function emptyRow(): ApplicationRow {
  return { ...rowSchema.parse({}), authMethod: defaultAuthMethod, scopes: [...documentsScopes] };
}

const declaredSchema = z.looseObject({
  cells: z.array(z.string()).catch([]),
  applications: z
    .array(
      z.looseObject({
        cell: z.string(),
        purpose: z.string().default("default"),
        authMethod: z.string().default(defaultAuthMethod),
        scopes: z.array(z.string()).default([...documentsScopes]),
      }),
    )
    .catch([]),
});
type Declared = z.output<typeof declaredSchema>["applications"][number];

function readDeclared(entry: unknown): z.output<typeof declaredSchema> {
  return declaredSchema.safeParse(entry).data ?? { cells: [], applications: [] };
}

/** Returns all applications of an entry: those that it lists, and the default one of each other cell. */
function effectiveIn(entry: unknown): Declared[] {
  const { cells, applications } = readDeclared(entry);
  const bare = cells.filter((cell) => !applications.some((one) => one.cell === cell));
  const usual = { purpose: "default", authMethod: defaultAuthMethod, scopes: [...documentsScopes] };
  return [...applications, ...bare.map((cell) => ({ cell, ...usual }))];
}

/** Returns the applications of a declared entry, as `cell/purpose`. */
export function applicationsIn(entry: unknown): string[] {
  return effectiveIn(entry).map(nameOf);
}

function nameOf({ cell, purpose }: Pick<Declared, "cell" | "purpose">): string {
  return `${cell}/${purpose}`;
}

/** Returns a row for each application of an entry. */
export function rowsOf(entry: unknown): ApplicationRow[] {
  return effectiveIn(entry).map(({ cell, purpose, authMethod, scopes, ...more }) => ({
    ...{ cell, purpose, authMethod, scopes, remove: "" },
    more: toYaml(more),
    was: nameOf({ cell, purpose }),
  }));
}

/** If each cell of an entry has one application, all alike: their common settings. */
export function uniformIn(entry: unknown): Pick<ApplicationRow, "authMethod" | "scopes"> | undefined {
  const all = effectiveIn(entry);
  const [first] = all;
  const told = new Set(all.map((one) => JSON.stringify({ ...one, cell: "" })));
  const isPlain =
    first !== undefined &&
    Object.keys(first).every((field) => ["cell", "purpose", "authMethod", "scopes"].includes(field)) &&
    first.purpose === "default" &&
    new Set(all.map(({ cell }) => cell)).size === all.length;
  return isPlain && told.size === 1 ? first : undefined;
}

/** What the applications of an entry are written from. */
interface Written {
  /** The entry to change, if any. */
  before: unknown;
  cells: readonly string[];
  applications: readonly ApplicationRow[];
  /** The method of cells without a row. */
  authMethod: string;
  scopes: readonly string[];
}

/** An application of an entry, and its row in the form. */
interface Listed {
  application: Record<string, unknown>;
  row: number | undefined;
}

/**
 * Returns the form's applications, each with its row. A default application is left out unless the entry
 * already listed it, so that listing it is no change.
 *
 * @throws {@link Problem} `invalid` if a cell would have no application, or a row's YAML is wrong
 */
export function applicationsFrom({ before, cells, applications, authMethod, scopes }: Written): Listed[] {
  const isMeant = ({ cell, was, remove }: ApplicationRow): boolean =>
    cell !== "" && remove === "" && (was === "" || cells.includes(cell));
  const rows = applications.flatMap((row, index) => (isMeant(row) ? [{ ...row, index }] : []));
  const emptied = applications.filter(
    ({ cell, remove }) => remove !== "" && cells.includes(cell) && !rows.some((row) => row.cell === cell),
  );
  if (emptied.length > 0)
    throw problemAt(
      "cells",
      `${[...new Set(emptied.map(({ cell }) => cell))].join(", ")} would have no application left: take the cell away, too, or leave one in it`,
    );
  const earlier = readDeclared(before).applications;
  const others = cells
    .filter((cell) => !rows.some((row) => row.cell === cell))
    .map((cell) => ({
      cell,
      purpose: "default",
      authMethod,
      scopes: [...scopes],
      more: "",
      index: undefined,
    }));
  return [...others, ...rows].flatMap(({ index, more, ...rest }) => {
    const isListed = earlier.some((one) => nameOf(one) === nameOf(purposeOf(rest)));
    const isAlone = [...others, ...rows].filter(({ cell }) => cell === rest.cell).length === 1;
    const application = writeApplication(rest, more, index, originalOf(before, purposeOf(rest)));
    const saysNothing = Object.keys(application).every((name) => name === "cell");
    return saysNothing && isAlone && !isListed ? [] : [{ application, row: index }];
  });
}

function purposeOf({
  cell,
  purpose,
}: Pick<ApplicationRow, "cell" | "purpose">): Pick<Declared, "cell" | "purpose"> {
  return { cell, purpose: purpose === "" ? "default" : purpose };
}

const listSchema = z.looseObject({
  applications: z.array(z.record(z.string(), z.unknown())).catch([]),
});

/** Returns an application as declared, without defaults. */
function originalOf(entry: unknown, wanted: Pick<Declared, "cell" | "purpose">): Record<string, unknown> {
  const { applications } = listSchema.safeParse(entry).data ?? { applications: [] };
  return (
    applications.find(
      ({ cell, purpose = "default" }) => cell === wanted.cell && purpose === wanted.purpose,
    ) ?? {}
  );
}

/** Writes the settings that differ from the default or were already written. */
function writeApplication(
  { cell, purpose, authMethod, scopes }: Pick<ApplicationRow, "cell" | "purpose" | "authMethod" | "scopes">,
  more: string,
  row: number | undefined,
  original: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const areAll =
    scopes.length === documentsScopes.length && documentsScopes.every((scope) => scopes.includes(scope));
  const write = (name: string, value: unknown, isUsual: boolean): Record<string, unknown> =>
    isUsual && !(name in original) ? {} : { [name]: value };
  return {
    ...fromYaml(more, `row[${row ?? 0}].more`, ["cell", "purpose", "authMethod", "scopes"]),
    cell,
    ...write("purpose", purpose === "" ? "default" : purpose, purpose === "" || purpose === "default"),
    ...write(
      "authMethod",
      authMethod === "" ? defaultAuthMethod : authMethod,
      authMethod === "" || authMethod === defaultAuthMethod,
    ),
    ...write("scopes", scopes, areAll),
  };
}

/** Writes the settings without a field; empty if there are none. */
export function toYaml(value: object): string {
  return Object.keys(value).length === 0 ? "" : stringify(value);
}

/**
 * Parses the settings without a field.
 *
 * @param at their place in the form
 * @param own the settings that have a field
 * @throws {@link Problem} `invalid`
 */
export function fromYaml(text: string, at: string, own: readonly string[]): Record<string, unknown> {
  if (text.trim() === "") return {};
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) throw problemAt(at, `is not YAML: ${error.message.split("\n")[0] ?? ""}`);
  const { data } = z.record(z.string(), z.unknown()).safeParse(valueOf(document, at));
  if (data === undefined) throw problemAt(at, "must be names and values, such as `recoveryWindowInDays: 7`");
  const double = own.filter((name) => name in data);
  if (double.length > 0)
    throw problemAt(at, `must not hold ${double.join(", ")}: the form has a field for it`);
  return data;
}

function valueOf(document: ReturnType<typeof parseDocument>, at: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    throw problemAt(at, "must not hold aliases (*name): write out what they stand for", error);
  }
}

function problemAt(path: string, message: string, cause?: unknown): Problem {
  return new Problem("invalid", message, { errors: [{ path, message }] }, { cause });
}
