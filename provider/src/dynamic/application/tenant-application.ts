import type { Authentication } from "../../client/api";
import { applicationDifferences, serverRefusals } from "../../client/as-asked";
import { stageTable } from "../../client/cells";
import { TenantManagementError } from "../../client/errors";
import type { UrlRefusal } from "../../client/hosts";
import type { ApiApplication } from "../../client/schemas";
import { type Clock, openClock } from "../../settings/clock";
import type { RecordedAs } from "../../journal/index";
import { adoptApplication, adoptedInThisRun } from "./adopt-application";
import { adoptsAnother } from "./adoption";
import { changedKey, checkKey, toAuthentication } from "./application-key";
import { noteAsked } from "../run/asked";
import { noteChangeArrived } from "../run/customer-change";
import { assertMissing, deleteOnRecord, type RecordedObject } from "../run/deletion";
import { assertMayBeDeleted, noteDeclared, noteMade, noteReplaced } from "../run/deletion-guard";
import { assertSameEnvironment } from "../../settings/environment";
import {
  type CheckFailure,
  checkInputs,
  type Properties,
  sameMembers,
  withoutProvider,
  withoutUndefined,
} from "../engine/inputs";
import { wayToReplace } from "./lost-application";
import { obtainApplication, type ObtainedApplication } from "./obtain-application";
import {
  findApplication,
  noteApplicationOfStack,
  noteOrganizationKnown,
  noteTenantOfStack,
} from "../run/known-objects";
import { noteDeletedApplication } from "../run/own-changes";
import { PartlyMadeError } from "../engine/partly-made";
import { assertHosts, refusedHosts, wayOn } from "../run/refused-hosts";
import { assertChangeHasReason, noteHeldObject } from "../run/recorder";
import { reporting } from "../engine/report";
import { configure, currentApi, currentSettings } from "../run/session";
import { warnOfOverwrittenSecret } from "./stored-credential";
import {
  type Inputs,
  inputsSchema,
  scopesOf,
  type State,
  stateSchema,
  unknownSlot,
} from "./tenant-application-model";

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
    noteDeclared("TenantApplication", news);
    if (failures.length === 0) {
      noteAsked(news);
      await noteChangeArrived(news);
    }
    return { inputs: noteHeldObject("TenantApplication", news), failures };
  },

  async diff(
    applicationId: string,
    olds: Properties,
    news: Properties,
  ): Promise<{ changes: boolean; replaces: string[] }> {
    const state = stateSchema.parse(olds);
    assertSameEnvironment(`Application ${state.applicationId}`, olds, currentSettings());
    noteApplicationOfStack(applicationId, state.tenantId);
    const isPartlyMade = state.isPartlyMade === true;
    const mayReplace = isPartlyMade && currentSettings().replaceLostApplications === true;
    const changed = {
      tenantId: news["tenantId"] !== state.tenantId,
      cell: news["cell"] !== state.cell,
      scopes: !sameMembers(scopesOf(news["scopes"]), state.scopes),
      authMethod: (news["authMethod"] ?? "CLIENT_SECRET") !== state.authMethod,
      clientSecret: mayReplace && lacksSecret(state),
      differs: mayReplace && state.differs !== undefined,
      ...(await changedKey(state, news)),
      adopt: adoptsAnother(news["adopt"], applicationId),
    };
    const replaces = Object.entries(changed).flatMap(([property, isChanged]) =>
      isChanged ? [property] : [],
    );
    if (replaces.length > 0) noteReplaced("TenantApplication", applicationId, news);
    if (!changed.tenantId) noteTenantOfStack(state.tenantId);
    if (news["adopt"] !== undefined && !changed.adopt) adoptedInThisRun.add(applicationId);
    return { changes: isPartlyMade || replaces.length > 0, replaces };
  },

  async create(inputs: Properties): Promise<{ id: string; outs: Properties }> {
    const wanted = inputsSchema.parse(withoutProvider(inputs));
    assertChangeHasReason();
    // A clock that is set wrongly is refused before anything is sent.
    const clock = openClock(currentSettings().apiUrl, process.env);
    const authentication = await toAuthentication(wanted);
    const { adopt } = wanted;
    let recordedAs: RecordedAs | undefined;
    const onRecord = (where: RecordedAs | undefined): void => void (recordedAs = where);
    const made =
      adopt === undefined
        ? await obtainApplication(wanted, authentication, onRecord).catch((error: unknown) => {
            throw partlyMade(error, inputs, wanted, authentication, clock, recordedAs);
          })
        : await adoptApplication(wanted, adopt, authentication, onRecord);
    noteOrganizationKnown();
    noteMade(wanted.slot?.name);
    const refusals = serverRefusals(made, currentSettings());
    if (refusals.length > 0)
      throw partlyMade(serversRefused(made, refusals), inputs, wanted, authentication, clock, recordedAs);
    return { id: made.applicationId, outs: toOutputs(wanted, authentication, made, clock, recordedAs) };
  },

  async read(applicationId: string, properties: Properties): Promise<{ id: string; props: Properties }> {
    const state = stateSchema.parse(properties);
    assertSameEnvironment(`Application ${applicationId}`, properties, currentSettings());
    noteTenantOfStack(state.tenantId);
    noteApplicationOfStack(applicationId, state.tenantId);
    const found = await findApplication(state.tenantId, applicationId);
    if (found === undefined) {
      await assertMissing(
        toRecord(applicationId, state),
        `Application ${applicationId} of tenant ${state.tenantId}`,
      );
      return { id: "", props: {} };
    }
    assertHosts(
      `Application ${applicationId} of tenant ${state.tenantId} (cell ${state.cell})`,
      serverRefusals(found, currentSettings()),
    );
    await warnOfOverwrittenSecret(state, found);
    return { id: applicationId, props: completed(properties, state, found) };
  },

  /** Completes a partly made application; nothing else of an application is ever updated. */
  async update(applicationId: string, olds: Properties, news: Properties): Promise<{ outs: Properties }> {
    const state = stateSchema.parse(olds);
    const found = await findApplication(state.tenantId, applicationId);
    if (found === undefined) {
      throw new TenantManagementError(
        "INPUT_INVALID",
        `Application ${applicationId} is gone. Run \`pulumi refresh\`, then \`pulumi up\`.`,
      );
    }
    const refusals = serverRefusals(found, currentSettings());
    if (refusals.length > 0) {
      throw new PartlyMadeError(
        applicationId,
        { ...withoutProvider(olds), isPartlyMade: true, __provider: news["__provider"] },
        refusedHosts(
          `Application ${applicationId} of tenant ${state.tenantId} (cell ${state.cell})`,
          refusals,
        ),
        wayOn(refusals),
      );
    }
    const outs = completed(withoutProvider(olds), state, found);
    const { differs } = outs;
    if (typeof differs === "string") {
      throw new PartlyMadeError(
        applicationId,
        { ...outs, __provider: news["__provider"] },
        madeOtherwise(applicationId, state, differs),
        notToBeUsed,
      );
    }
    if (outs["isPartlyMade"] === true) throw secretNeverCame(applicationId, state);
    return { outs };
  },

  async delete(applicationId: string, properties: Properties): Promise<void> {
    const state = stateSchema.parse(properties);
    assertSameEnvironment(`Application ${applicationId}`, properties, currentSettings());
    noteTenantOfStack(state.tenantId);
    if (adoptedInThisRun.has(applicationId)) throw heldTwice(applicationId);
    const object = toRecord(applicationId, state);
    const what = `Application ${applicationId} of tenant ${state.tenantId}`;
    await assertMayBeDeleted(object, what, properties["stage"]);
    await deleteOnRecord(object, what, async () =>
      (await currentApi()).deleteApplication(state.tenantId, applicationId, state.cell),
    );
    noteDeletedApplication(state.tenantId, applicationId);
  },
});

function toRecord(applicationId: string, { slot, tenantId }: State): RecordedObject {
  return { type: "TenantApplication", slot: slot ?? unknownSlot(applicationId), tenantId, applicationId };
}

/**
 * Brings up to date what the API tells of an application again and again. Its secret it tells once; and one that was made
 * otherwise than it was asked for stays partly made.
 */
function completed(properties: Properties, state: State, found: ApiApplication): Properties {
  const { clientId, authServer, tokenUrl } = found;
  const told = { ...properties, clientId, authServer, tokenUrl };
  if (state.isPartlyMade !== true) return told;
  const differences = [
    ...(state.credentialsDiffer === undefined ? [] : [state.credentialsDiffer]),
    ...applicationDifferences(state, found),
  ];
  const differs = differences.length === 0 ? undefined : differences.join("; ");
  const isPartlyMade = differs !== undefined || lacksSecret(state) ? true : undefined;
  return withoutUndefined({ ...told, differs, isPartlyMade });
}

function lacksSecret({ authMethod, clientSecret }: State): boolean {
  return authMethod === "CLIENT_SECRET" && clientSecret === undefined;
}

function heldTwice(applicationId: string): TenantManagementError {
  return new TenantManagementError(
    "INPUT_INVALID",
    `Application ${applicationId} is adopted by another resource of this stack, so it was not deleted. ` +
      "A resource that was renamed keeps its application by `aliases`: add aliases: [{ name: <old resource name> }] to the new one's options, and remove `adopt`.",
  );
}

const notToBeUsed = `nobody is to use it as it is. ${wayToReplace}`;

function madeOtherwise(applicationId: string, state: State, differs: string): TenantManagementError {
  return new TenantManagementError(
    "INPUT_INVALID",
    `Application ${applicationId} of tenant ${state.tenantId} is not as it was asked for: ${differs}.`,
  );
}

/** Of one that was found again: the answer to a create is looked at by whoever gets it. */
function serversRefused(
  { applicationId, clientId }: ObtainedApplication,
  refusals: readonly UrlRefusal[],
): TenantManagementError {
  const { message } = refusedHosts(`Application ${applicationId} was found again`, refusals);
  return new TenantManagementError("ANSWER_INVALID", message, {
    made: { objectId: applicationId, clientId, refusals },
  });
}

function secretNeverCame(applicationId: string, state: State): TenantManagementError {
  return new TenantManagementError(
    "INPUT_INVALID",
    `Application ${applicationId} of tenant ${state.tenantId} was made, and its secret never came: nobody can use it. ` +
      `${wayToReplace}.`,
  );
}

function partlyMade(
  error: unknown,
  inputs: Properties,
  wanted: Inputs,
  authentication: Authentication,
  clock: Clock,
  recordedAs: RecordedAs | undefined,
): unknown {
  if (!(error instanceof TenantManagementError) || error.made === undefined) return error;
  const { objectId: applicationId, clientId, clientSecret, credentialsDiffer, refusals = [] } = error.made;
  const { stage, apiUrl } = currentSettings();
  const state = {
    ...withoutProvider(inputs),
    scopes: scopesOf(wanted.scopes),
    authMethod: authentication.type,
    keyId: authentication.type === "CLIENT_SECRET" ? undefined : authentication.keyId,
    applicationId,
    clientId,
    clientSecret,
    createdAt: clock().toISOString(),
    recordedAs,
    stage,
    apiUrl,
    isPartlyMade: true,
    differs: credentialsDiffer,
    credentialsDiffer,
  };
  return new PartlyMadeError(
    applicationId,
    { ...withoutUndefined(state), __provider: inputs["__provider"] },
    error,
    credentialsDiffer !== undefined ? notToBeUsed : refusals.length > 0 ? wayOn(refusals) : undefined,
  );
}

function toOutputs(
  wanted: Inputs,
  authentication: Authentication,
  made: ObtainedApplication,
  clock: Clock,
  recordedAs: RecordedAs | undefined,
): Properties {
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
    clientSecret: made.credentials?.type === "CLIENT_SECRET" ? made.credentials.clientSecret : undefined,
    authServer: made.authServer,
    tokenUrl: made.tokenUrl,
    createdAt: clock().toISOString(),
    stage,
    apiUrl,
    slot: wanted.slot,
    recordedAs,
  });
}
