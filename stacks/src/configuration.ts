import {
  type Cell,
  authMethods,
  documentsScopes,
  type Stage,
  stageTable,
} from "pulumi-resistant-tenants/vocabulary";
import {
  type ConfigurationProblem,
  type ProviderSettings,
  readSettings,
  secretArn,
  type SettingsContext,
  settingsKeys,
  settingsSchema,
} from "pulumi-resistant-tenants/settings";
import { z } from "zod";

import { customerKeyFields, customerKeyProblems } from "./customer-key";
import { type RotationConfiguration, rotationSchema } from "./rotation/configuration";
import {
  contradictions,
  type SecretCustody,
  type SecretsConfiguration,
  secretsSchema,
  toCustody,
} from "./secret-custody";
import { defaultSecretPrefix } from "./stored-secret";
import { unknownKey } from "./unknown-key";

/** One application of a customer as its entry has it. */
type GivenApplication = z.output<ReturnType<typeof applicationSchema>>;

/** One application of a customer, defaults filled in. With its cell, its purpose identifies it. */
export type ApplicationConfiguration = Omit<GivenApplication, "rotation"> & {
  /** Absent where its credentials are not rotated. */
  rotation?: RotationConfiguration;
};

/** One customer, defaults filled in. */
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

/** The whole stack configuration of the namespace `tenants`. */
export interface StackConfiguration {
  settings: ProviderSettings;
  secretPrefix: string;
  /** How many tenants the organization may have. */
  quota: number;
  customers: CustomerConfiguration[];
}

/** The vendor's default quota of tenants, raised on request. */
const defaultQuota = 20;

/** @see {@link https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html AWS, tag values} */
const tagValue = z
  .string({ error: "must be text" })
  .min(1, "must not be empty")
  .max(256, "must be at most 256 characters, as AWS demands of a tag")
  .regex(
    /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u,
    "holds a character that AWS refuses in a tag: use letters, digits, spaces and _ . : / = + - @",
  );

const secretPrefixSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9/_+=.@-]{1,200}$/,
    "must be 1 to 200 characters that AWS allows in a secret's name: letters, digits and / _ + = . @ -",
  )
  .refine((prefix) => !prefix.startsWith("/") && !prefix.endsWith("/"), "must not begin or end with a slash");

const quotaSchema = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, "must be a whole number of tenants, 1 or more")
  .transform(Number)
  .default(defaultQuota);

/** The keys of the namespace that the program reads, beside those of the resources themselves. */
export const programSchema = z.object({
  /** The owner of customers that name none. 1 to 256 characters that AWS allows in a tag. */
  owner: tagValue.optional(),
  /** The customers, each as below; `[]` for none. */
  customers: z.array(z.unknown(), { error: "must be a list of customers; write [] for none" }),
  /**
   * How the credentials of all applications are rotated that say nothing else: as below, or `none`. Default: not at
   * all.
   */
  rotation: rotationSchema.optional(),
  /**
   * The first part of every secret's name: 1 to 200 letters, digits and `/ _ + = . @ -`, without a slash at either end.
   * Default: `resistant-tenants`.
   */
  secretPrefix: secretPrefixSchema.default(defaultSecretPrefix),
  /** How the secrets of all customers are kept, as below. */
  secrets: secretsSchema.optional(),
  /**
   * How many tenants the vendor allows the organization; a preview warns of more customers than that. Default: `20`.
   */
  quota: quotaSchema,
});

const programKeys = Object.keys(programSchema.shape);

function cellOf(stage: Stage): z.ZodType<Cell> {
  const { cells } = stageTable[stage];
  return z.enum(cells as [Cell, ...Cell[]], {
    error: `must be a cell of stage ${stage}: ${cells.join(", ")}`,
  });
}

const cellList = (stage: Stage): z.ZodArray<z.ZodType<Cell>> =>
  z.array(cellOf(stage), { error: "must be a list of cells" }).min(1, "must name at least one cell");

/** One entry of a customer's `applications`, in a stack of this stage. */
export const applicationSchema = (stage: Stage) =>
  z
    .strictObject(
      {
        /** The cell, one of the customer's `cells`. */
        cell: cellOf(stage),
        /** Tells the applications of one cell apart: 1 to 32 of `a-z 0-9 -`. Default: `default`. */
        purpose: z
          .string({ error: "must be text" })
          .regex(/^[a-z0-9-]{1,32}$/, "must be 1 to 32 lower-case letters, digits and hyphens")
          .default("default"),
        /**
         * What the application may do: `documents.submissions.read`, `documents.submissions.write`, or both. Default:
         * both.
         */
        scopes: z
          .array(z.enum(documentsScopes, { error: `must be one of ${documentsScopes.join(", ")}` }), {
            error: "must be a list of scopes",
          })
          .min(1, "must name at least one scope, or be left out for both")
          .default([...documentsScopes]),
        /**
         * How the application proves itself: `CLIENT_SECRET`, a secret that the vendor makes; `RSA` or `EC`, a key pair that
         * is made here, unless `publicKey` is given. Default: `CLIENT_SECRET`.
         */
        authMethod: z
          .enum(authMethods, { error: `must be one of ${authMethods.join(", ")}` })
          .default("CLIENT_SECRET"),
        /** Takes over an existing application instead of making one. Not with `publicKey`. */
        adopt: z
          .strictObject(
            {
              /** The id of the existing application. */
              applicationId: z
                .string({ error: "must be the id of an existing application" })
                .min(1, "must be the id of an existing application"),
              /** ARN of the Secrets Manager secret that holds its credentials. */
              secretArn,
            },
            {
              error: (issue) =>
                unknownKey(issue) ??
                "must be {applicationId: <id>, secretArn: <ARN of the secret with its credentials>}",
            },
          )
          .optional(),
        ...customerKeyFields,
        /**
         * How its credentials are rotated; it takes the place of `tenants:rotation` as a whole, and `none` opts out.
         */
        rotation: rotationSchema.optional(),
      },
      { error: unknownKey },
    )
    .superRefine((application, context) => {
      for (const { field: name, problem } of customerKeyProblems(application)) {
        context.addIssue({ code: "custom", path: [name], message: problem });
      }
    });

/** One entry of `tenants:customers`, in a stack of this stage. */
export const customerSchema = (stage: Stage) =>
  z.strictObject(
    {
      /** The tenant's name, unique in the organization: 1 to 61 lower-case letters and digits. */
      name: z
        .string({ error: "must be given, as text" })
        .regex(
          /^[a-z0-9]{1,61}$/,
          "must be 1 to 61 lower-case letters and digits: it becomes the tenant's name",
        ),
      /**
       * The partner's own identifier of the customer: 1 to 256 characters that AWS allows in a tag, which are letters,
       * digits, spaces and `_ . : / = @ + -`.
       */
      customerId: z
        .union([z.int().transform(String), tagValue], {
          error: "must be given: the partner's own identifier",
        })
        .pipe(tagValue),
      /** Who answers for the customer, as `customerId`. Default: `tenants:owner`. */
      owner: tagValue.optional(),
      /**
       * `active`: nothing of it can be deleted in production; `deprecated`: it can, by removing its entry after the next
       * `up`; `released`: it is handed over, and nothing is deleted. Default: `active`.
       */
      status: z
        .enum(["active", "deprecated", "released"], { error: "must be active, deprecated or released" })
        .default("active"),
      /**
       * The cells of the customer, at least one: each has one application, unless `applications` names others for it.
       */
      cells: cellList(stage),
      /**
       * The cells with a Web UI. Where it is given, a change would replace the tenant, and is refused. Default: `cells` when
       * the tenant is made, and never a difference after that.
       */
      uiCells: cellList(stage).optional(),
      /** The id of an existing tenant, which is taken over instead of making one. */
      adopt: z
        .string({ error: "must be the id of an existing tenant" })
        .min(1, "must be the id of an existing tenant")
        .optional(),
      /** Overrides `tenants:secrets` for this customer, field by field. */
      secrets: secretsSchema.optional(),
      /** The customer's applications, each as below. Default: one per cell; also in each cell that none here names. */
      applications: z
        .array(applicationSchema(stage), { error: "must be a list" })
        .min(1, "must name an application, or be left out for one per cell")
        .optional(),
    },
    { error: unknownKey },
  );

/** Gives the name by which the stack knows one application of a customer: `<customer>/<cell>/<purpose>`. */
export function slotName(customer: string, { cell, purpose }: { cell: Cell; purpose: string }): string {
  return `${customer}/${cell}/${purpose}`;
}

/**
 * Reads and checks the stack configuration.
 *
 * @param values all values of the namespace `tenants`, by key without the namespace, as the engine gives them: text,
 *   and JSON where the file holds a list or an object
 * @param awsRegion the stack's `aws:region`, if it has one
 * @param context what the environment and the rest of the configuration say of hosts
 * @returns the configuration, or everything that is wrong with it
 */
export function readConfiguration(
  values: ReadonlyMap<string, string>,
  awsRegion?: string,
  context: SettingsContext = {},
): { configuration: StackConfiguration } | { problems: ConfigurationProblem[] } {
  const read = readSettings((key) => values.get(key), context);
  const problems = [
    ...unknownKeys(values),
    ...("problems" in read ? read.problems : []),
    ...missingTokenUrl(values),
  ];
  const owner = check(programSchema.shape.owner, values.get("owner"), "tenants:owner", problems);
  const secretPrefix = check(
    programSchema.shape.secretPrefix,
    values.get("secretPrefix"),
    "tenants:secretPrefix",
    problems,
  );
  const quota = check(programSchema.shape.quota, values.get("quota"), "tenants:quota", problems);
  // Without a stage that is right, the cells cannot be checked against it: production has them all.
  const stage = settingsSchema.shape.stage.safeParse(values.get("stage")).data ?? "production";
  const secrets = readSecrets(values.get("secrets"), awsRegion, problems);
  const rotation = readRotation(values.get("rotation"), problems);
  const customers = readCustomers(
    values.get("customers"),
    { stage, owner, rotation, secrets, awsRegion },
    problems,
  );
  if (problems.length > 0 || secretPrefix === undefined || quota === undefined || !("settings" in read))
    return { problems };
  return { configuration: { settings: read.settings, secretPrefix, quota, customers } };
}

function unknownKeys(values: ReadonlyMap<string, string>): ConfigurationProblem[] {
  const known: string[] = [...settingsKeys, ...programKeys];
  return [...values.keys()]
    .filter((key) => !known.includes(key))
    .map((key) => ({
      path: `tenants:${key}`,
      problem: `is not a known key: remove it (pulumi config rm tenants:${key}), or mend its name. Known are ${known.join(", ")}`,
    }));
}

function missingTokenUrl(values: ReadonlyMap<string, string>): ConfigurationProblem[] {
  if (values.has("tokenUrl")) return [];
  return [
    {
      path: "tenants:tokenUrl",
      problem:
        "must be given: the token URL of the organization's authorization server, as the vendor told it for this stage",
    },
  ];
}

function readSecrets(
  json: string | undefined,
  awsRegion: string | undefined,
  problems: ConfigurationProblem[],
): SecretsConfiguration {
  if (json === undefined) return {};
  const path = "tenants:secrets";
  const secrets = check(secretsSchema, parseJson(json), path, problems) ?? {};
  problems.push(...contradictions(secrets, awsRegion, path));
  return secrets;
}

function readRotation(
  text: string | undefined,
  problems: ConfigurationProblem[],
): RotationConfiguration | undefined {
  // The engine gives text as it stands, and what is a map as JSON.
  const given = text === undefined ? undefined : (parseJson(text) ?? text);
  const rotation = check(programSchema.shape.rotation, given, "tenants:rotation", problems);
  return rotation === "none" ? undefined : rotation;
}

/** What holds for every customer that does not say otherwise. */
interface StageWide {
  stage: Stage;
  owner: string | undefined;
  rotation: RotationConfiguration | undefined;
  secrets: SecretsConfiguration;
  /** The stack's. */
  awsRegion: string | undefined;
}

function readCustomers(
  json: string | undefined,
  { stage, owner, rotation, secrets: stageSecrets, awsRegion }: StageWide,
  problems: ConfigurationProblem[],
): CustomerConfiguration[] {
  const path = "tenants:customers";
  const given = json === undefined ? undefined : parseJson(json);
  const entries = check(programSchema.shape.customers, given, path, problems);
  if (entries === undefined) return [];
  problems.push(
    ...duplicates(
      entries.map((entry) => field(entry, "name")),
      (index) => `${path}[${index}].name`,
      "names the same customer as",
    ),
  );
  problems.push(
    ...duplicates(
      entries.map((entry) => field(entry, "adopt")),
      (index) => `${path}[${index}].adopt`,
      "adopts the same tenant as",
    ),
  );
  problems.push(...applicationsAdoptedTwice(entries, path));
  return entries.flatMap((entry, index) => {
    const entryPath = `${path}[${index}]`;
    problems.push(...inconsistencies(entry, entryPath));
    const customer = check(customerSchema(stage), entry, entryPath, problems);
    if (customer === undefined) return [];
    const secrets = { ...stageSecrets, ...customer.secrets };
    // What is wrong in the stage's own is told once, there.
    if (contradictions(stageSecrets, awsRegion, "").length === 0) {
      problems.push(...contradictions(secrets, awsRegion, `${entryPath}.secrets`));
    }
    return [
      {
        ...customer,
        owner: customer.owner ?? owner,
        secrets: toCustody(secrets, stage, awsRegion),
        applications: applicationsOf(customer.cells, customer.applications ?? [], rotation),
      },
    ];
  });
}

function applicationsAdoptedTwice(entries: readonly unknown[], path: string): ConfigurationProblem[] {
  const adopted = entries.flatMap((entry, customer) =>
    list(field(entry, "applications")).map((application, index) => ({
      applicationId: field(field(application, "adopt"), "applicationId"),
      path: `${path}[${customer}].applications[${index}].adopt.applicationId`,
    })),
  );
  return duplicates(
    adopted.map(({ applicationId }) => applicationId),
    (index) => adopted[index]?.path ?? path,
    "adopts the same application as",
  );
}

/** One application per cell, unless the customer's `applications` say otherwise for that cell. */
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
        : [{ cell, purpose: "default", scopes: [...documentsScopes], authMethod: "CLIENT_SECRET" }];
    return applications.map((application) => withRotation(application, rotation));
  });
}

/** An application's own `rotation` takes the place of the stage's as a whole. */
function withRotation(
  { rotation: own, ...application }: GivenApplication,
  ofStage: RotationConfiguration | undefined,
): ApplicationConfiguration {
  const rotation = own === "none" ? undefined : (own ?? ofStage);
  return rotation === undefined ? application : { ...application, rotation };
}

/** Finds what no single field shows: it reads the raw entry, so that one wrong field hides no other. */
function inconsistencies(entry: unknown, path: string): ConfigurationProblem[] {
  const cells = list(field(entry, "cells"));
  const applications = list(field(entry, "applications"));
  const slots = applications.map((application) => {
    const cell = field(application, "cell");
    const purpose = field(application, "purpose") ?? "default";
    return typeof cell === "string" && typeof purpose === "string" ? `${cell}/${purpose}` : undefined;
  });
  return [
    ...duplicates(cells, (index) => `${path}.cells[${index}]`, "names the same cell as"),
    ...duplicates(
      list(field(entry, "uiCells")),
      (index) => `${path}.uiCells[${index}]`,
      "names the same cell as",
    ),
    ...duplicates(slots, (index) => `${path}.applications[${index}]`, "has the same cell and purpose as"),
    ...applications.flatMap((application, index) => [
      ...duplicates(
        list(field(application, "scopes")),
        (nth) => `${path}.applications[${index}].scopes[${nth}]`,
        "names the same scope as",
      ),
      ...(cells.includes(field(application, "cell"))
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

function duplicates(
  values: readonly unknown[],
  pathOf: (index: number) => string,
  what: string,
): ConfigurationProblem[] {
  return values.flatMap((value, index) => {
    const first = values.indexOf(value);
    return value === undefined || first === index
      ? []
      : [{ path: pathOf(index), problem: `${what} ${pathOf(first)}: remove one` }];
  });
}

function check<T extends z.ZodType>(
  schema: T,
  value: unknown,
  path: string,
  problems: ConfigurationProblem[],
): z.output<T> | undefined {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    const paths =
      issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    problems.push(
      ...paths.map((parts) => ({ path: path + parts.map(pathStep).join(""), problem: issue.message })),
    );
  }
  return undefined;
}

function pathStep(step: PropertyKey): string {
  return typeof step === "number" ? `[${step}]` : `.${String(step)}`;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function field(entry: unknown, name: string): unknown {
  return typeof entry === "object" && entry !== null ? (entry as Record<string, unknown>)[name] : undefined;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
