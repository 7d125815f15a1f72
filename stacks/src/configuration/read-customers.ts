import type { ConfigurationProblem } from "pulumi-resistant-tenants/internal/settings";
import {
  type Cell,
  defaultAuthMethod,
  documentsScopes,
  type Stage,
} from "pulumi-resistant-tenants/internal/vocabulary";
import type { z } from "zod";

import type { CustomerEntry } from "./customer-files";
import { type applicationSchema, customerSchema } from "./customer-schema";
import { check, duplicates, shown } from "./problems";
import type { RotationConfiguration } from "./rotation";
import { contradictions, type SecretCustody, type SecretsConfiguration, toCustody } from "./secrets";

/** One application of a customer as in its entry. */
type GivenApplication = z.output<ReturnType<typeof applicationSchema>>;

/** One application of a customer, with defaults. Its cell and its purpose identify it. */
export type ApplicationConfiguration = Omit<GivenApplication, "rotation"> & {
  /** Absent if its credentials are not rotated. */
  rotation?: RotationConfiguration;
};

/** One customer, with defaults. */
export interface CustomerConfiguration {
  name: string;
  customerId: string;
  owner?: string | undefined;
  status: "active" | "deprecated" | "released";
  cells: Cell[];
  uiCells?: Cell[] | undefined;
  adopt?: string | undefined;
  secrets: SecretCustody;
  applications: ApplicationConfiguration[];
}

/** The stage's defaults for all customers. */
export interface StageWide {
  stage: Stage;
  owner: string | undefined;
  rotation: RotationConfiguration | undefined;
  secrets: SecretsConfiguration;
  /** The stack's region. */
  awsRegion: string | undefined;
}

const schemas = new Map<Stage, ReturnType<typeof customerSchema>>();

/** A schema costs more to create than to use, so it is kept. */
function schemaOf(stage: Stage): ReturnType<typeof customerSchema> {
  const schema = schemas.get(stage) ?? customerSchema(stage);
  schemas.set(stage, schema);
  return schema;
}

/** The longest valid name, which messages show in full. */
const longestName = 61;

/** Reads and checks all customers of all files; problems are added to `problems`. */
export function readCustomers(
  entries: readonly CustomerEntry[],
  stageWide: StageWide,
  problems: ConfigurationProblem[],
): CustomerConfiguration[] {
  const found: ConfigurationProblem[] = [
    ...givenTwice(entries, "name", "names the same customer as"),
    // A customer that moves to another name has two entries until the old one is removed.
    ...givenTwice(entries.filter(isActive), "customerId", "is the identifier of the same customer as"),
    ...givenTwice(entries, "adopt", "adopts the same tenant as"),
    ...applicationsAdoptedTwice(entries),
  ];
  const customers = entries.flatMap((entry) => readCustomer(entry, stageWide, found) ?? []);
  problems.push(...withCustomers(found, entries));
  return customers;
}

function readCustomer(
  { value, path }: CustomerEntry,
  { stage, owner, rotation, secrets: stageSecrets, awsRegion }: StageWide,
  problems: ConfigurationProblem[],
): CustomerConfiguration | undefined {
  problems.push(...inconsistencies(value, path));
  const customer = check(schemaOf(stage), value, path, problems);
  if (customer === undefined) return undefined;
  const secrets = { ...stageSecrets, ...customer.secrets };
  // Problems of the stage's own settings are reported once, there.
  if (contradictions(stageSecrets, awsRegion, "").length === 0) {
    problems.push(...contradictions(secrets, awsRegion, `${path}.secrets`));
  }
  return {
    ...customer,
    owner: customer.owner ?? owner,
    secrets: toCustody(secrets, stage, awsRegion),
    applications: applicationsOf(customer.cells, customer.applications ?? [], rotation),
  };
}

/** Adds to each problem the customer, and the place of its entry. */
function withCustomers(
  problems: readonly ConfigurationProblem[],
  entries: readonly CustomerEntry[],
): ConfigurationProblem[] {
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  return problems.map((problem) => {
    // A file's name may contain brackets, too.
    const [end] = [...problem.path.matchAll(/\[\d+\]/g)]
      .map((step) => step.index + step[0].length)
      .filter((index) => byPath.has(problem.path.slice(0, index)));
    const entry = byPath.get(problem.path.slice(0, end));
    if (end === undefined || entry === undefined) return problem;
    const field = problem.path.slice(end);
    const name = fieldOf(entry.value, "name");
    return {
      ...problem,
      customer: {
        name: typeof name === "string" ? shown(name, longestName) : undefined,
        at: entry.at(),
        field: field.replace(/^\./, ""),
      },
    };
  });
}

function isActive({ value }: CustomerEntry): boolean {
  return (fieldOf(value, "status") ?? "active") === "active";
}

function givenTwice(entries: readonly CustomerEntry[], field: string, what: string): ConfigurationProblem[] {
  return duplicates(
    entries.map(({ value }) => comparable(fieldOf(value, field))),
    (index) => `${entries[index]?.path ?? ""}.${field}`,
    what,
  );
}

/** Returns a value to compare with others: people do not see a space at the end, or how a letter is composed. */
export function comparable(value: unknown): unknown {
  return typeof value === "string" ? value.trim().normalize() : value;
}

function applicationsAdoptedTwice(entries: readonly CustomerEntry[]): ConfigurationProblem[] {
  const adopted = entries.flatMap(({ value, path }) =>
    list(fieldOf(value, "applications")).map((application, index) => ({
      applicationId: fieldOf(fieldOf(application, "adopt"), "applicationId"),
      path: `${path}.applications[${index}].adopt.applicationId`,
    })),
  );
  return duplicates(
    adopted.map(({ applicationId }) => applicationId),
    (index) => adopted[index]?.path ?? "",
    "adopts the same application as",
  );
}

/** Returns one application per cell, unless the customer's `applications` list others for it. */
function applicationsOf(
  cells: readonly Cell[],
  given: readonly GivenApplication[],
  rotation: RotationConfiguration | undefined,
): ApplicationConfiguration[] {
  return cells.flatMap((cell) => {
    const ofCell = given.filter((application) => application.cell === cell);
    const applications: GivenApplication[] =
      ofCell.length > 0
        ? ofCell
        : [{ cell, purpose: "default", scopes: [...documentsScopes], authMethod: defaultAuthMethod }];
    return applications.map((application) => withRotation(application, rotation));
  });
}

/** An application's own `rotation` replaces the stage's as a whole. */
function withRotation(
  { rotation: own, ...application }: GivenApplication,
  ofStage: RotationConfiguration | undefined,
): ApplicationConfiguration {
  const rotation = own === "none" ? undefined : (own ?? ofStage);
  return rotation === undefined ? application : { ...application, rotation };
}

/** Finds problems between fields. It reads the raw entry, so that one wrong field hides no other. */
function inconsistencies(entry: unknown, path: string): ConfigurationProblem[] {
  const cells = list(fieldOf(entry, "cells"));
  const applications = list(fieldOf(entry, "applications"));
  const slots = applications.map((application) => {
    const cell = fieldOf(application, "cell");
    const purpose = fieldOf(application, "purpose") ?? "default";
    return typeof cell === "string" && typeof purpose === "string" ? `${cell}/${purpose}` : undefined;
  });
  return [
    ...duplicates(cells, (index) => `${path}.cells[${index}]`, "names the same cell as"),
    ...duplicates(
      list(fieldOf(entry, "uiCells")),
      (index) => `${path}.uiCells[${index}]`,
      "names the same cell as",
    ),
    ...duplicates(slots, (index) => `${path}.applications[${index}]`, "has the same cell and purpose as"),
    ...applications.flatMap((application, index) => [
      ...duplicates(
        list(fieldOf(application, "scopes")),
        (nth) => `${path}.applications[${index}].scopes[${nth}]`,
        "names the same scope as",
      ),
      ...(cells.includes(fieldOf(application, "cell"))
        ? []
        : [
            {
              path: `${path}.applications[${index}].cell`,
              problem: "must be one of the customer's `cells`: add it there",
            },
          ]),
    ]),
  ];
}

/** Returns a field of a raw entry, which may be anything. */
export function fieldOf(entry: unknown, name: string): unknown {
  return typeof entry === "object" && entry !== null ? (entry as Record<string, unknown>)[name] : undefined;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
