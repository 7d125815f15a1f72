import { z } from "zod";

import {
  authMethods,
  type Authentication,
  cells,
  documentsScopes,
  mayHaveHappened,
  type NewApplication,
  parsePublicKey,
  stageTable,
  TenantManagementError,
} from "../client/index.js";
import { assertSameEnvironment } from "./environment.js";
import {
  type CheckFailure,
  checkInputs,
  isUnknown,
  type Properties,
  sameMembers,
  withoutProvider,
  withoutUndefined,
} from "./inputs.js";
import { applicationsOf, assertGone, noteOrganizationKnown, noteTenantOfStack } from "./organization.js";
import { reporting } from "./report.js";
import { configure, currentApi, currentSettings } from "./session.js";

const inputsSchema = z.strictObject(
  {
    tenantId: z.string({ error: "must be given: the tenant's id" }).min(1, "must not be empty"),
    cell: z.enum(cells, { error: `must be one of ${cells.join(", ")}` }),
    scopes: z
      .array(z.enum(documentsScopes, { error: `must be one of ${documentsScopes.join(", ")}` }))
      .min(1, "must name at least one scope, or be left out for both")
      .refine((list) => new Set(list).size === list.length, "names a scope twice")
      .optional(),
    authMethod: z.enum(authMethods, { error: `must be one of ${authMethods.join(", ")}` }).optional(),
    publicKey: z
      .union([z.string().min(1), z.record(z.string(), z.unknown())], { error: "must be PEM text or a JWK" })
      .optional(),
    keyId: z.string().min(1, "must not be empty").max(256).optional(),
  },
  {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? "is not an input of TenantApplication: remove it or mend its name"
        : undefined,
  },
);
type Inputs = z.output<typeof inputsSchema>;

/** What the state holds of an application that is needed again. */
const stateSchema = z.looseObject({
  applicationId: z.string(),
  tenantId: z.string(),
  cell: z.string(),
  scopes: z.array(z.string()),
  authMethod: z.enum(authMethods),
  publicKey: z.unknown().optional(),
  keyId: z.string().optional(),
});

/**
 * The `TenantApplication` resource's operations.
 *
 * @see createTenantApplication, getTenantApplications and deleteTenantApplication of the Tenant Management API
 */
export const tenantApplication = reporting({
  configure,

  async check(
    _olds: Properties,
    news: Properties,
  ): Promise<{ inputs: Properties; failures: CheckFailure[] }> {
    const failures = [...checkInputs(inputsSchema, news), ...(await checkKey(news))];
    const { stage } = currentSettings();
    const cell = inputsSchema.shape.cell.safeParse(news["cell"]);
    if (cell.success && !stageTable[stage].cells.includes(cell.data)) {
      failures.push({
        property: "cell",
        reason: `stage ${stage} has no cell ${cell.data}; it has ${stageTable[stage].cells.join(", ")}`,
      });
    }
    return { inputs: news, failures };
  },

  async diff(
    _id: string,
    olds: Properties,
    news: Properties,
  ): Promise<{ changes: boolean; replaces: string[] }> {
    const state = stateSchema.parse(olds);
    assertSameEnvironment(`Application ${state.applicationId}`, olds, currentSettings());
    const changed = {
      tenantId: news["tenantId"] !== state.tenantId,
      cell: news["cell"] !== state.cell,
      scopes: !sameMembers(scopesOf(news["scopes"]), state.scopes),
      authMethod: (news["authMethod"] ?? "CLIENT_SECRET") !== state.authMethod,
      ...(await changedKey(state, news)),
    };
    const replaces = Object.entries(changed).flatMap(([property, isChanged]) =>
      isChanged ? [property] : [],
    );
    if (!changed.tenantId) noteTenantOfStack(state.tenantId);
    return { changes: replaces.length > 0, replaces };
  },

  async create(inputs: Properties): Promise<{ id: string; outs: Properties }> {
    const wanted = inputsSchema.parse(withoutProvider(inputs));
    const authentication = await toAuthentication(wanted);
    const scopes = scopesOf(wanted.scopes);
    const api = await currentApi();
    try {
      const made = await api.createApplication(wanted.tenantId, {
        cell: wanted.cell,
        scopes,
        authentication,
      });
      noteOrganizationKnown();
      return { id: made.applicationId, outs: toOutputs(wanted, authentication, made) };
    } catch (error) {
      throw explainCreateFailure(error, wanted);
    }
  },

  async read(applicationId: string, properties: Properties): Promise<{ id: string; props: Properties }> {
    const state = stateSchema.parse(properties);
    assertSameEnvironment(`Application ${applicationId}`, properties, currentSettings());
    noteTenantOfStack(state.tenantId);
    const found = (await applicationsOf(state.tenantId))?.find(
      (application) => application.applicationId === applicationId,
    );
    if (found === undefined) {
      await assertGone(`Application ${applicationId} of tenant ${state.tenantId}`);
      return { id: "", props: {} };
    }
    const { clientId, authServer, tokenUrl } = found;
    return { id: applicationId, props: { ...properties, clientId, authServer, tokenUrl } };
  },

  async delete(applicationId: string, properties: Properties): Promise<void> {
    const state = stateSchema.parse(properties);
    assertSameEnvironment(`Application ${applicationId}`, properties, currentSettings());
    noteTenantOfStack(state.tenantId);
    const api = await currentApi();
    if (await api.deleteApplication(state.tenantId, applicationId)) noteOrganizationKnown();
    else await assertGone(`Application ${applicationId} of tenant ${state.tenantId}`);
  },
});

function scopesOf(given: unknown): readonly string[] {
  return Array.isArray(given) ? (given as string[]) : documentsScopes;
}

async function checkKey(news: Properties): Promise<CheckFailure[]> {
  const { publicKey, keyId } = news;
  const authMethod = inputsSchema.shape.authMethod.safeParse(news["authMethod"]).data ?? "CLIENT_SECRET";
  if (isUnknown(news["authMethod"])) return [];
  if (authMethod === "CLIENT_SECRET") {
    const given = { publicKey, keyId };
    return Object.entries(given).flatMap(([property, value]) =>
      value === undefined
        ? []
        : [
            {
              property,
              reason: "is of the authentication methods RSA and EC only: leave it out, or set authMethod",
            },
          ],
    );
  }
  if (publicKey === undefined) {
    return [
      {
        property: "publicKey",
        reason: `must be given with authMethod ${authMethod}: PEM or a JWK, for example a SigningKey's publicKeyPem`,
      },
    ];
  }
  if (isUnknown(publicKey)) return [];
  try {
    const { numbers } = await parsePublicKey(publicKey);
    return numbers.type === authMethod
      ? []
      : [
          {
            property: "publicKey",
            reason: `is a key of type ${numbers.type}, and authMethod is ${authMethod}: make them the same`,
          },
        ];
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return [{ property: "publicKey", reason: error.message }];
  }
}

/** The form a key comes in is no difference: what counts is the key itself, and its id. */
async function changedKey(
  state: z.output<typeof stateSchema>,
  news: Properties,
): Promise<{ publicKey: boolean; keyId: boolean }> {
  const { publicKey, keyId } = news;
  if (publicKey === undefined || state.publicKey === undefined) {
    return { publicKey: publicKey !== state.publicKey, keyId: keyId !== undefined && keyId !== state.keyId };
  }
  if (isUnknown(publicKey) || isUnknown(keyId))
    return { publicKey: isUnknown(publicKey), keyId: isUnknown(keyId) };
  const [now, before] = await Promise.all([parsePublicKey(publicKey), parsePublicKey(state.publicKey)]);
  return {
    publicKey: now.thumbprint !== before.thumbprint,
    keyId: (keyId ?? now.thumbprint) !== state.keyId,
  };
}

async function toAuthentication(wanted: Inputs): Promise<Authentication> {
  if (wanted.authMethod === undefined || wanted.authMethod === "CLIENT_SECRET")
    return { type: "CLIENT_SECRET" };
  const { numbers, thumbprint } = await parsePublicKey(wanted.publicKey);
  return { ...numbers, keyId: wanted.keyId ?? thumbprint };
}

function explainCreateFailure(error: unknown, wanted: Inputs): unknown {
  if (!mayHaveHappened(error) || !(error instanceof TenantManagementError)) return error;
  return new TenantManagementError(
    error.code,
    `${error.message} The application in cell ${wanted.cell} of tenant ${wanted.tenantId} may exist all the same` +
      `${error.objectId === undefined ? "" : `, as ${error.objectId}`}, and if it does, its credentials are lost. ` +
      "Before the next `pulumi up`, list the tenant's applications at the vendor and delete the one that no stack holds: a second `up` makes another.",
    { cause: error },
  );
}

function toOutputs(wanted: Inputs, authentication: Authentication, made: NewApplication): Properties {
  const { stage, apiUrl } = currentSettings();
  return withoutUndefined({
    tenantId: wanted.tenantId,
    cell: wanted.cell,
    scopes: [...scopesOf(wanted.scopes)],
    authMethod: authentication.type,
    publicKey: wanted.publicKey,
    keyId: authentication.type === "CLIENT_SECRET" ? undefined : authentication.keyId,
    applicationId: made.applicationId,
    clientId: made.clientId,
    clientSecret: made.credentials.type === "CLIENT_SECRET" ? made.credentials.clientSecret : undefined,
    authServer: made.authServer,
    tokenUrl: made.tokenUrl,
    createdAt: new Date().toISOString(),
    stage,
    apiUrl,
  });
}
