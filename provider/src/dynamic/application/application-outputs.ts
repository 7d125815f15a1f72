import { applicationDifferences } from "../../client/as-asked";
import { hasKey } from "../../client/auth-methods";
import { TenantManagementError } from "../../client/errors";
import type { ApiApplication } from "../../client/schemas";
import type { Clock } from "../../settings/clock";
import { type Properties, withoutProvider, withoutUndefined } from "../engine/inputs";
import { PartlyMadeError } from "../engine/report";
import type { RecordedObject } from "../run/recorder";
import { wayOn } from "../run/refused-hosts";
import type { ApplicationCreate, ObtainedApplication } from "./application-create";
import { notToBeUsed } from "./application-messages";
import { scopesOf, type State, unknownSlot } from "./tenant-application-model";

/** Names an application of the state for the record. */
export function toRecord(applicationId: string, { slot, tenantId }: State): RecordedObject {
  return { type: "TenantApplication", slot: slot ?? unknownSlot(applicationId), tenantId, applicationId };
}

/**
 * Updates what the API reports repeatedly about an application. It reports the secret only once, and an
 * application that was not created as requested stays partly created.
 */
export function completed(properties: Properties, state: State, found: ApiApplication): Properties {
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

/** Returns whether an application authenticates with a secret that is not in the state. */
export function lacksSecret({ authMethod, clientSecret }: State): boolean {
  return !hasKey(authMethod) && clientSecret === undefined;
}

/**
 * Turns an error during an application's creation into one that stores the application in the state, if it
 * was created.
 */
export function partlyMade(
  error: unknown,
  inputs: Properties,
  create: ApplicationCreate,
  clock: Clock,
): unknown {
  if (!(error instanceof TenantManagementError) || error.made === undefined) return error;
  const { objectId: applicationId, clientId, clientSecret, credentialsDiffer, refusals = [] } = error.made;
  const { run, wanted, authentication, recordedAs } = create;
  const { stage, apiUrl } = run.settings;
  const state = {
    ...withoutProvider(inputs),
    scopes: scopesOf(wanted.scopes),
    authMethod: authentication.type,
    keyId: "keyId" in authentication ? authentication.keyId : undefined,
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
    credentialsDiffer !== undefined
      ? notToBeUsed
      : refusals.length > 0
        ? wayOn(refusals, run.settings)
        : undefined,
  );
}

/** Returns the outputs of an application that was created, adopted or recovered. */
export function toOutputs(made: ObtainedApplication, create: ApplicationCreate, clock: Clock): Properties {
  const { run, wanted, authentication, recordedAs } = create;
  const { stage, apiUrl } = run.settings;
  return withoutUndefined({
    tenantId: wanted.tenantId,
    cell: wanted.cell,
    scopes: [...scopesOf(wanted.scopes)],
    authMethod: authentication.type,
    publicKey: wanted.publicKey,
    keyId: "keyId" in authentication ? authentication.keyId : undefined,
    applicationId: made.applicationId,
    clientId: made.clientId,
    clientSecret:
      made.credentials !== undefined && "clientSecret" in made.credentials
        ? made.credentials.clientSecret
        : undefined,
    authServer: made.authServer,
    tokenUrl: made.tokenUrl,
    createdAt: clock().toISOString(),
    stage,
    apiUrl,
    slot: wanted.slot,
    recordedAs,
  });
}
