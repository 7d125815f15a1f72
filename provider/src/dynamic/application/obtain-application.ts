import { z } from "zod";

import type { Authentication, TenantManagementApi } from "../../client/api";
import { mayHaveHappened, messageOf, TenantManagementError } from "../../client/errors";
import {
  type ApiApplication,
  type ApiCredentials,
  authMethods,
  type NewApplication,
} from "../../client/schemas";
import { endsWithin } from "../../ends-within";
import type { RecordedAs } from "../../journal/index";
import { deleteOnRecord } from "../run/deletion";
import { sameMembers } from "../engine/inputs";
import { type LostApplication, settleLostApplication } from "./lost-application";
import { oneAtATime } from "../one-at-a-time";
import {
  applicationsOf,
  applicationsOfStackIn,
  forgetApplicationsOf,
  isApplicationOfStack,
  noteApplicationOfStack,
  takeRecoveredTenant,
} from "../run/known-objects";
import { isMadeTenant, noteDeletedApplication } from "../run/own-changes";
import {
  idsHandedOver,
  idsOfOtherSlots,
  idsOnRecord,
  isHeldObject,
  record,
  slotHistory,
} from "../run/recorder";
import { currentApi, currentSettings } from "../run/session";
import type { SlotInput } from "../../names/slot";
import { type Inputs, scopesOf, unknownSlot } from "./tenant-application-model";

/** How long a look at what may be another stack's may take, in milliseconds. */
const warningMs = 5_000;

/** An application that was made, with its credentials, or found again, without. */
export type ObtainedApplication = ApiApplication & { credentials?: ApiCredentials };

/**
 * Makes the application that is wanted, or finds it again, on the record.
 *
 * @param onRecord is told where the result is on record, if that is known, before this resolves or throws
 * @throws {@link TenantManagementError} with the way out
 */
export async function obtainApplication(
  wanted: Inputs,
  authentication: Authentication,
  onRecord: (recordedAs: RecordedAs | undefined) => void,
): Promise<ObtainedApplication> {
  const api = await currentApi();
  const slot = wanted.slot ?? unknownSlot(wanted.tenantId);
  const found = await settleEarlier(api, wanted, authentication, slot);
  return oneAtATime(kindOf(wanted.tenantId, toParameters(wanted, authentication)), () =>
    obtainOnRecord(api, wanted, authentication, slot, found, onRecord),
  );
}

async function obtainOnRecord(
  api: TenantManagementApi,
  wanted: Inputs,
  authentication: Authentication,
  slot: SlotInput,
  found: ApiApplication | undefined,
  onRecord: (recordedAs: RecordedAs | undefined) => void,
): Promise<ObtainedApplication> {
  const parameters = toParameters(wanted, authentication);
  const known = await othersIn(api, wanted.tenantId, found);
  const recording = await record({
    type: "TenantApplication",
    operation: "create",
    slot,
    tenantId: wanted.tenantId,
    parameters,
    known,
  });
  try {
    const made =
      found ??
      (await createApplication(api, wanted, authentication, {
        ...lostApplication(api, wanted, slot, parameters),
        isKnown: (applicationId) => known.includes(applicationId) || isOfStack(applicationId),
      }));
    const { applicationId, clientId } = made;
    noteApplicationOfStack(applicationId, wanted.tenantId);
    const outcome = "credentials" in made ? "made" : "recovered";
    onRecord(await recording.end({ outcome, applicationId, clientId }));
    if (takeRecoveredTenant(wanted.tenantId)) {
      // What was made must reach the state soon, whatever becomes of a warning.
      await endsWithin(warnOfOthers(api, wanted.tenantId, slot), warningMs);
    }
    return made;
  } catch (error) {
    onRecord(await recording.fail(error));
    throw error;
  }
}

/**
 * Gives the ids of the applications of a tenant that a create in it is to be told from. One that is found again is what
 * the create has made: a repair that is killed must leave it to be found once more. Where a lost one may be deleted, one
 * list does not do: what it lacks would be taken for it.
 */
async function othersIn(
  api: TenantManagementApi,
  tenantId: string,
  found: ApiApplication | undefined,
): Promise<string[]> {
  const isOneListEnough = currentSettings().replaceLostApplications !== true || isMadeTenant(tenantId);
  const listed = [
    ...((await applicationsOf(tenantId)) ?? []),
    ...(isOneListEnough ? [] : ((await api.listApplications(tenantId)) ?? [])),
  ].map(({ applicationId }) => applicationId);
  const all = new Set([...listed, ...applicationsOfStackIn(tenantId)]);
  if (found !== undefined) all.delete(found.applicationId);
  return [...all];
}

/**
 * Tells whether an application is in the state, or about to be. The engine asks for no difference of what it is told to
 * replace: what is held there is known from the inputs alone.
 */
function isOfStack(applicationId: string): boolean {
  return isApplicationOfStack(applicationId) || isHeldObject("TenantApplication", applicationId);
}

/**
 * Looks once more into a tenant that was found again: another stack, which declares the same customer, may have made it
 * at the same time, and its first application then shows it.
 */
async function warnOfOthers(api: TenantManagementApi, tenantId: string, slot: SlotInput): Promise<void> {
  const onRecord = await idsOnRecord("TenantApplication", slot);
  const others = ((await api.listApplications(tenantId).catch(() => undefined)) ?? []).filter(
    ({ applicationId }) => !isOfStack(applicationId) && !onRecord.has(applicationId),
  );
  if (others.length === 0) return;
  const list = others
    .map(({ applicationId, clientId }) => `${applicationId} (client ${clientId})`)
    .join(", ");
  console.warn(
    `warning: tenant ${tenantId} (stage ${api.stage}) was taken over after its answer was lost, and it holds applications that are not this stack's: ${list}. ` +
      "Most likely another stack declares the same customer and has made them. Let one stack have the customer: remove it from the other with `pulumi state delete`, " +
      "and run `npm run tenants -- reconcile`.",
  );
}

async function createApplication(
  api: TenantManagementApi,
  wanted: Inputs,
  authentication: Authentication,
  lost: LostApplication,
): Promise<ObtainedApplication> {
  const create = (): Promise<NewApplication> =>
    api.whileSettling(
      () =>
        api.createApplication(wanted.tenantId, {
          cell: wanted.cell,
          scopes: scopesOf(wanted.scopes),
          authentication,
        }),
      ({ status }) => status === 404 && isMadeTenant(wanted.tenantId),
      "this run has just made the tenant",
    );
  try {
    return await create();
  } catch (error) {
    if (!mayHaveHappened(error)) throw error;
    if (error instanceof TenantManagementError && error.made !== undefined) throw error;
    const finding = await settleLostApplication(api, lost).catch((settling: unknown) => {
      // What may have happened is still not known: the record must say so, for the next run.
      throw new TenantManagementError("NO_ANSWER", `${messageOf(settling)} (${messageOf(error)})`, {
        cause: settling,
      });
    });
    if (finding.kind === "recovered") return finding.application;
    if (finding.kind === "deleted") return create();
    throw new TenantManagementError(
      "NO_ANSWER",
      `${messageOf(error)} The API's list of the tenant's applications does not show it. Run \`pulumi up\` again: it looks for it once more before it makes it.`,
      { cause: error },
    );
  }
}

/** Settles what an earlier create in this slot may have left, which no state holds. */
async function settleEarlier(
  api: TenantManagementApi,
  wanted: Inputs,
  authentication: Authentication,
  slot: SlotInput,
): Promise<ApiApplication | undefined> {
  const history = await slotHistory("TenantApplication", slot);
  if (history.kind === "clear") await assertNoneHandedOver(api, wanted, slot);
  if (history.kind === "clear" || history.intent.tenantId !== wanted.tenantId) return undefined;
  // What was adopted was made by somebody else, who may use it: it is nothing that was lost.
  if (history.intent.parameters["adopt"] !== undefined) return undefined;
  const others = await idsOfOtherSlots("TenantApplication", slot);
  const isOlder = (applicationId: string): boolean =>
    (history.intent.known ?? []).includes(applicationId) || others.has(applicationId);
  const now = toParameters(wanted, authentication);
  // What was asked for then is what there may be; the declaration may have changed since.
  const asked = parametersSchema.safeParse(history.intent.parameters).data ?? now;
  const finding = await oneAtATime(kindOf(wanted.tenantId, asked), async () => {
    const settled = await settleLostApplication(api, {
      ...lostApplication(api, wanted, slot, asked),
      isOtherwiseDeclared: !isSame(asked, now),
      answeredId: history.kind === "made" ? history.objectId : undefined,
      isKnown: (applicationId) =>
        isOfStack(applicationId) || (history.kind !== "made" && isOlder(applicationId)),
    });
    if (settled.kind === "recovered")
      noteApplicationOfStack(settled.application.applicationId, wanted.tenantId);
    return settled;
  });
  forgetApplicationsOf(wanted.tenantId);
  return finding.kind === "recovered" ? finding.application : undefined;
}

/**
 * Makes sure that a customer which was handed over, and is taken back, gets no second client beside the one that it has.
 *
 * @throws {@link TenantManagementError} `INPUT_INVALID` with the way out
 */
async function assertNoneHandedOver(
  api: TenantManagementApi,
  { tenantId }: Inputs,
  slot: SlotInput,
): Promise<void> {
  if (isMadeTenant(tenantId)) return;
  for (const applicationId of await idsHandedOver(slot)) {
    const living = await api.getApplication(tenantId, applicationId);
    if (living === undefined || isOfStack(applicationId)) continue;
    throw new TenantManagementError(
      "INPUT_INVALID",
      `Application ${slot.name} was handed over by this stack, and is still there: ${applicationId} (client ${living.clientId}, tenant ${tenantId}, ` +
        `cell ${living.cell}, stage ${api.stage}). No other was created beside it. To take it back, add adopt: { applicationId: ${applicationId}, secretArn: <ARN of its secret> } to it: ` +
        "`npm run tenants -- reconcile` prints the customer's whole entry. If nobody uses it, delete it at the vendor, and run `pulumi up` again.",
    );
  }
}

function lostApplication(
  api: TenantManagementApi,
  { tenantId }: Inputs,
  slot: SlotInput,
  { cell, scopes, authMethod }: Parameters,
): Omit<LostApplication, "isKnown"> {
  return {
    tenantId,
    cell,
    scopes,
    authMethod,
    isOtherwiseDeclared: false,
    answeredId: undefined,
    slot: slot.name,
    mayDelete: currentSettings().replaceLostApplications === true,
    remove: async (applicationId) => {
      await deleteOnRecord(
        { type: "TenantApplication", slot, tenantId, applicationId },
        `Application ${applicationId} of tenant ${tenantId}`,
        () => api.deleteApplication(tenantId, applicationId, cell),
      );
      noteDeletedApplication(tenantId, applicationId);
    },
  };
}

/** What the record says was asked for. */
const parametersSchema = z.object({
  cell: z.string(),
  scopes: z.array(z.string()).readonly(),
  authMethod: z.enum(authMethods),
  keyId: z.string().optional(),
});
type Parameters = z.output<typeof parametersSchema>;

function toParameters({ cell, scopes }: Inputs, authentication: Authentication): Parameters {
  return {
    cell,
    scopes: scopesOf(scopes),
    authMethod: authentication.type,
    ...(authentication.type === "CLIENT_SECRET" ? {} : { keyId: authentication.keyId }),
  };
}

function isSame(a: Parameters, b: Parameters): boolean {
  return (
    a.cell === b.cell &&
    sameMembers(a.scopes, b.scopes) &&
    a.authMethod === b.authMethod &&
    a.keyId === b.keyId
  );
}

/** Two creates of the same kind at once could not be told apart afterwards. */
function kindOf(tenantId: string, { cell, scopes }: Parameters): string {
  return JSON.stringify([tenantId, cell, scopes.toSorted()]);
}
