import type { TenantManagementApi } from "../../client/api";
import { mayHaveHappened, messageOf, TenantManagementError } from "../../client/errors";
import type { ApiApplication, NewApplication } from "../../client/schemas";
import { endsWithin } from "../../concurrency";
import type { SlotHistory } from "../../journal/index";
import { customerOf } from "../../names/resource-name";
import { deleteOnRecord } from "../run/deletion";
import { describeEntry } from "../tenant/take-over";
import type { ApplicationCreate, ApplicationParameters, ObtainedApplication } from "./application-create";
import { type LostApplication, settleLostApplication } from "./lost-application";
import { scopesOf } from "./tenant-application-model";

/** How long a look at what may be another stack's may take, in milliseconds. */
const warningMs = 5_000;

/**
 * Makes the application that is wanted, or finds it again, on the record.
 *
 * @throws {@link TenantManagementError} with the way out
 */
export async function obtainApplication(create: ApplicationCreate): Promise<ObtainedApplication> {
  const history = await create.run.record.slotHistory("TenantApplication", create.slot);
  await assertNoneHandedOver(create, history);
  const earlier = await settleEarlier(create, history);
  return create.oneOfKindAtATime(create.parameters, async () => {
    const others = await othersIn(create, earlier);
    const made = await makeOnRecord(create, earlier, others);
    await warnOfOtherStack(create);
    return made;
  });
}

/**
 * Makes sure that a customer which was handed over, and is taken back, gets no second client beside the one that it has.
 *
 * @throws {@link TenantManagementError} `INPUT_INVALID` with the way out
 */
async function assertNoneHandedOver(
  { run, api, wanted: { tenantId }, slot }: ApplicationCreate,
  history: SlotHistory,
): Promise<void> {
  if (history.kind !== "clear" || run.own.isMadeTenant(tenantId)) return;
  for (const applicationId of await run.record.idsHandedOver(slot)) {
    const living = await api.getApplication(tenantId, applicationId);
    if (living === undefined || run.known.isInState(applicationId)) continue;
    throw new TenantManagementError(
      "INPUT_INVALID",
      `Application ${slot.name} was handed over by this stack, and is still there: ${applicationId} (client ${living.clientId}, tenant ${tenantId}, ` +
        `cell ${living.cell}, stage ${api.stage}). No other was created beside it. To take it back, ${await describeWayBack(api, tenantId, slot.name, living)}\n\n` +
        "If nobody uses it, delete it at the vendor, and run `pulumi up` again.",
    );
  }
}

/** Says how a customer is taken back with all that its tenant holds. */
async function describeWayBack(
  api: TenantManagementApi,
  tenantId: string,
  slotName: string,
  living: ApiApplication,
): Promise<string> {
  const listed = (await api.listApplications(tenantId).catch(() => undefined)) ?? [];
  const others = listed.filter(({ applicationId }) => applicationId !== living.applicationId);
  const customer = { name: customerOf(slotName), tenantId };
  return describeEntry(customer, [living, ...others], new Map([[living.applicationId, slotName]]));
}

/**
 * Settles what an earlier create in this slot may have left, which no state holds.
 *
 * @returns Resolves with the application, where it is found again and is of use.
 */
async function settleEarlier(
  create: ApplicationCreate,
  history: SlotHistory,
): Promise<ApiApplication | undefined> {
  const lost = await lostBefore(create, history);
  if (lost === undefined) return undefined;
  const { run, api, wanted } = create;
  const finding = await create.oneOfKindAtATime(lost.asked, async () => {
    const settled = await settleLostApplication(api, lost.application);
    if (settled.kind === "recovered")
      run.known.noteApplicationOfStack(settled.application.applicationId, wanted.tenantId);
    return settled;
  });
  run.known.forgetApplicationsOf(wanted.tenantId);
  return finding.kind === "recovered" ? finding.application : undefined;
}

/** An earlier create in this slot, and what was asked for then. */
async function lostBefore(
  create: ApplicationCreate,
  history: SlotHistory,
): Promise<{ application: LostApplication; asked: ApplicationParameters } | undefined> {
  const { run, wanted, slot } = create;
  if (history.kind === "clear" || history.intent.tenantId !== wanted.tenantId) return undefined;
  const { parameters, known = [] } = history.intent;
  // What was adopted was made by somebody else, who may use it: it is nothing that was lost.
  if (parameters["adopt"] !== undefined) return undefined;
  const isMade = history.kind === "made";
  const others = await run.record.idsOfOtherSlots("TenantApplication", slot);
  const isOlder = (applicationId: string): boolean =>
    known.includes(applicationId) || others.has(applicationId);
  // What was asked for then is what there may be; the declaration may have changed since.
  const asked = create.parametersOnRecord(parameters);
  const application: LostApplication = {
    ...lostApplication(create, asked),
    isOtherwiseDeclared: !create.isAsWanted(asked),
    answeredId: isMade ? history.objectId : undefined,
    isKnown: (applicationId) => run.known.isInState(applicationId) || (!isMade && isOlder(applicationId)),
  };
  return { application, asked };
}

/**
 * Gives the ids of the applications of a tenant that a create in it is to be told from. One that is found again is what
 * the create has made: a repair that is killed must leave it to be found once more. Where a lost one may be deleted, one
 * list does not do: what it lacks would be taken for it.
 */
async function othersIn(
  { run, api, wanted: { tenantId } }: ApplicationCreate,
  found: ApiApplication | undefined,
): Promise<string[]> {
  const isOneListEnough = run.settings.replaceLostApplications !== true || run.own.isMadeTenant(tenantId);
  const listed = [
    ...((await run.known.applicationsOf(tenantId)) ?? []),
    ...(isOneListEnough ? [] : ((await api.listApplications(tenantId)) ?? [])),
  ].map(({ applicationId }) => applicationId);
  const all = new Set([...listed, ...run.known.applicationsOfStackIn(tenantId)]);
  if (found !== undefined) all.delete(found.applicationId);
  return [...all];
}

/** @param earlier what was found again: then nothing is sent */
function makeOnRecord(
  create: ApplicationCreate,
  earlier: ApiApplication | undefined,
  others: string[],
): Promise<ObtainedApplication> {
  const { run, wanted, slot, parameters } = create;
  const { tenantId } = wanted;
  const intention = { type: "TenantApplication", operation: "create", slot, tenantId, parameters } as const;
  return create.onRecord({ ...intention, known: others }, async () => {
    const made: ObtainedApplication = earlier ?? (await send(create, others));
    const { applicationId, clientId } = made;
    run.known.noteApplicationOfStack(applicationId, tenantId);
    const outcome = "credentials" in made ? "made" : "recovered";
    return [{ outcome, applicationId, clientId }, made];
  });
}

/** Asks the API for the application. Where the answer is lost, it looks for what the create has made. */
async function send(create: ApplicationCreate, others: readonly string[]): Promise<ObtainedApplication> {
  try {
    return await post(create);
  } catch (error) {
    if (!isAnswerLost(error)) throw error;
    const finding = await settleLostApplication(create.api, {
      ...lostApplication(create, create.parameters),
      isKnown: (applicationId) => others.includes(applicationId) || create.run.known.isInState(applicationId),
    }).catch((settling: unknown) => {
      // What may have happened is still not known: the record must say so, for the next run.
      throw new TenantManagementError("NO_ANSWER", `${messageOf(settling)} (${messageOf(error)})`, {
        cause: settling,
      });
    });
    if (finding.kind === "recovered") return finding.application;
    if (finding.kind === "deleted") return post(create);
    throw new TenantManagementError(
      "NO_ANSWER",
      `${messageOf(error)} The API's list of the tenant's applications does not show it. Run \`pulumi up\` again: it looks for it once more before it makes it.`,
      { cause: error },
    );
  }
}

/** An answer that came and is not whole says what was made. */
function isAnswerLost(error: unknown): boolean {
  return mayHaveHappened(error) && !(error instanceof TenantManagementError && error.made !== undefined);
}

function post({ run, api, wanted, authentication }: ApplicationCreate): Promise<NewApplication> {
  const { tenantId, cell } = wanted;
  return api.whileSettling(
    () => api.createApplication(tenantId, { cell, scopes: scopesOf(wanted.scopes), authentication }),
    ({ status }) => status === 404 && run.own.isMadeTenant(tenantId),
    "this run has just made the tenant",
  );
}

function lostApplication(
  { run, api, wanted, slot }: ApplicationCreate,
  { cell, scopes, authMethod }: ApplicationParameters,
): Omit<LostApplication, "isKnown"> {
  const { tenantId } = wanted;
  return {
    tenantId,
    cell,
    scopes,
    authMethod,
    isOtherwiseDeclared: false,
    answeredId: undefined,
    slot: slot.name,
    mayDelete: run.settings.replaceLostApplications === true,
    remove: async (applicationId) => {
      await deleteOnRecord(
        run,
        { type: "TenantApplication", slot, tenantId, applicationId },
        `Application ${applicationId} of tenant ${tenantId}`,
        () => api.deleteApplication(tenantId, applicationId, cell),
      );
      run.own.noteDeletedApplication(tenantId, applicationId);
    },
  };
}

/**
 * Looks once more into a tenant that was found again: another stack, which declares the same customer, may have made it
 * at the same time, and its first application then shows it. What was made must reach the state soon, whatever becomes
 * of a warning.
 */
async function warnOfOtherStack(create: ApplicationCreate): Promise<void> {
  if (!create.run.own.takeRecoveredTenant(create.wanted.tenantId)) return;
  await endsWithin(
    warnOfOthers(create).catch(() => undefined),
    warningMs,
  );
}

async function warnOfOthers({ run, api, wanted: { tenantId }, slot }: ApplicationCreate): Promise<void> {
  const onRecord = await run.record.idsOnRecord("TenantApplication", slot);
  const others = ((await api.listApplications(tenantId).catch(() => undefined)) ?? []).filter(
    ({ applicationId }) => !run.known.isInState(applicationId) && !onRecord.has(applicationId),
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
