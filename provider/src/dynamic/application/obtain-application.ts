import type { TenantManagementApi } from "../../client/api";
import { sameMembers } from "../../client/as-asked";
import { mayHaveHappened, TenantManagementError } from "../../client/errors";
import type { ApiApplication, NewApplication } from "../../client/schemas";
import { messageOf } from "../../client/text";
import { endsWithin } from "../../concurrency";
import type { SlotHistory } from "../../journal/index";
import { customerOf } from "../../names/resource-name";
import { deleteOnRecord } from "../run/deletion";
import { describeEntry } from "../tenant/take-over";
import type { ApplicationCreate, ApplicationParameters, ObtainedApplication } from "./application-create";
import { type LostApplication, type LostApplicationFinding, settleLostApplication } from "./lost-application";
import { scopesOf } from "./tenant-application-model";

/** How long the check for another stack may take, in milliseconds. */
const warningMs = 5_000;

/**
 * Creates or recovers the wanted application, and records it.
 *
 * @throws {@link TenantManagementError} with what to do
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
 * Ensures that a customer that was handed over and is taken back gets no second client beside the existing
 * one.
 *
 * @throws {@link TenantManagementError} `INPUT_INVALID` with what to do
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
      `This stack handed application ${slot.name} over, and it still exists: ${applicationId} (client ${living.clientId}, tenant ${tenantId}, ` +
        `cell ${living.cell}, stage ${api.stage}). No second one was created. To take it back, ${await describeWayBack(api, tenantId, slot.name, living)}\n\n` +
        "If it is unused, delete it at the vendor, and run `pulumi up` again.",
    );
  }
}

/** Describes how to take a customer back with everything in its tenant. */
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
 * Settles an earlier create in this slot whose application is in no state.
 *
 * @returns Resolves with the application, if it was recovered and can be used.
 */
async function settleEarlier(
  create: ApplicationCreate,
  history: SlotHistory,
): Promise<ApiApplication | undefined> {
  const { run, api, wanted } = create;
  if (history.kind === "clear" || history.intent.tenantId !== wanted.tenantId) return undefined;
  const { parameters } = history.intent;
  // An adopted application was created by someone else, who may use it: it was not lost.
  if (parameters["adopt"] !== undefined) return undefined;
  // The parameters of that time decide what may exist; the declaration may have changed since.
  const asked = create.parametersOnRecord(parameters);
  const finding = await create.oneOfKindAtATime(asked, async () => {
    const settled = await settleLostApplication(api, await lostBefore(create, history, asked));
    if (settled.kind === "recovered")
      run.known.noteApplicationOfStack(settled.application.applicationId, wanted.tenantId);
    return settled;
  });
  run.known.forgetApplicationsOf(wanted.tenantId);
  return finding.kind === "recovered" ? finding.application : undefined;
}

/**
 * Returns an earlier create in this slot. The siblings' records are read after their turn: a partly created
 * application is on record, and in no state yet.
 */
async function lostBefore(
  create: ApplicationCreate,
  history: Exclude<SlotHistory, { kind: "clear" }>,
  asked: ApplicationParameters,
): Promise<LostApplication> {
  const { run, slot } = create;
  const { intent, earlier } = history;
  const { known = [] } = intent;
  const isMade = history.kind === "made";
  const isOfOther = await run.record.onRecordElsewhere("TenantApplication", slot);
  const isOlder = (applicationId: string): boolean =>
    known.includes(applicationId) || isOfOther(applicationId);
  const lost = lostApplication(create, asked);
  return {
    ...lost,
    isOtherwiseDeclared: !create.isAsWanted(asked),
    answeredId: isMade ? history.objectId : undefined,
    isKnown: (applicationId) => run.known.isInState(applicationId) || (!isMade && isOlder(applicationId)),
    otherClaimOf: isMade ? () => undefined : await otherClaims(create, asked),
    remove: async (applicationId) => {
      // Nothing of a killed run will send its request again: with its application deleted, its create is over.
      for (const { id } of [...earlier, intent]) await run.record.endIntent(slot, id, { outcome: "unknown" });
      await lost.remove(applicationId);
    },
  };
}

/** Returns which other create, whose answer was lost as well, may have created an application of a kind. */
async function otherClaims(
  create: ApplicationCreate,
  asked: ApplicationParameters,
): Promise<LostApplication["otherClaimOf"]> {
  const beside = (await create.run.record.openCreatesBeside(create.wanted.tenantId, create.slot)).filter(
    ({ parameters }) =>
      parameters["adopt"] === undefined && isOfKind(create.parametersOnRecord(parameters), asked),
  );
  // What another create already found there is not its own.
  return (applicationId) => beside.find(({ known }) => known?.includes(applicationId) !== true)?.slot;
}

/** Returns whether two applications of a tenant cannot be told apart by what the API reports. */
function isOfKind(one: ApplicationParameters, other: ApplicationParameters): boolean {
  return one.cell === other.cell && sameMembers(one.scopes, other.scopes);
}

/**
 * Returns the ids of the applications in a tenant from which a create must be distinguished. A recovered
 * application is the result of the create: a repair that is killed must leave it to be recovered again. If a
 * lost one may be deleted, one list is not enough: an application missing from it would be mistaken for the
 * lost one.
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

/** @param earlier the recovered application: then nothing is sent */
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

/** Sends the create. If the response is lost, it looks for the created application. */
async function send(create: ApplicationCreate, others: readonly string[]): Promise<ObtainedApplication> {
  try {
    return await post(create);
  } catch (error) {
    if (!isAnswerLost(error)) throw error;
    const finding = await settleOwn(create, others).catch((settling: unknown) => {
      // What happened is still unknown: the record must say so, for the next run.
      throw new TenantManagementError("NO_ANSWER", `${messageOf(settling)} (${messageOf(error)})`, {
        cause: settling,
      });
    });
    if (finding.kind === "recovered") return finding.application;
    if (finding.kind === "deleted") return post(create);
    throw new TenantManagementError(
      "NO_ANSWER",
      `${messageOf(error)} The API does not list it among the tenant's applications. Run \`pulumi up\` again: it looks for it again before it creates it.`,
      { cause: error },
    );
  }
}

/** Settles this create itself, whose response was lost. */
async function settleOwn(
  create: ApplicationCreate,
  others: readonly string[],
): Promise<LostApplicationFinding> {
  const { run, api, wanted, parameters } = create;
  // The list that the run remembers is older than what may have been created now.
  run.known.forgetApplicationsOf(wanted.tenantId);
  return settleLostApplication(api, {
    ...lostApplication(create, parameters),
    isKnown: (applicationId) => others.includes(applicationId) || run.known.isInState(applicationId),
    otherClaimOf: await otherClaims(create, parameters),
  });
}

/** An incomplete response still says what was created. */
function isAnswerLost(error: unknown): boolean {
  return mayHaveHappened(error) && !(error instanceof TenantManagementError && error.made !== undefined);
}

async function post({ run, api, wanted, authentication }: ApplicationCreate): Promise<NewApplication> {
  const { tenantId, cell } = wanted;
  try {
    return await api.whileSettling(
      () => api.createApplication(tenantId, { cell, scopes: scopesOf(wanted.scopes), authentication }),
      ({ status }) => status === 404 && run.own.isMadeTenant(tenantId),
      "this run has just created the tenant",
    );
  } catch (error) {
    // It goes into the state as partly made: a create of the same kind must not take it for its own.
    if (error instanceof TenantManagementError && error.made !== undefined)
      run.known.noteApplicationOfStack(error.made.objectId, tenantId);
    throw error;
  }
}

function lostApplication(
  { run, api, wanted, slot }: ApplicationCreate,
  { cell, scopes, authMethod }: ApplicationParameters,
): Omit<LostApplication, "isKnown" | "otherClaimOf"> {
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
 * Checks a recovered tenant again: another stack that declares the same customer may have created it at the
 * same time, and its first application then shows that. The result must be saved first; the warning may fail.
 */
async function warnOfOtherStack(create: ApplicationCreate): Promise<void> {
  if (!create.run.own.takeRecoveredTenant(create.wanted.tenantId)) return;
  await endsWithin(
    warnOfOthers(create).catch(() => undefined),
    warningMs,
  );
}

async function warnOfOthers({ run, api, wanted: { tenantId }, slot }: ApplicationCreate): Promise<void> {
  const isOnRecord = await run.record.onRecord("TenantApplication", slot);
  const others = ((await api.listApplications(tenantId).catch(() => undefined)) ?? []).filter(
    ({ applicationId }) => !run.known.isInState(applicationId) && !isOnRecord(applicationId),
  );
  if (others.length === 0) return;
  const list = others
    .map(({ applicationId, clientId }) => `${applicationId} (client ${clientId})`)
    .join(", ");
  console.warn(
    `warning: tenant ${tenantId} (stage ${api.stage}) was taken over after the response to its creation was lost, but it has applications that do not belong to this stack: ${list}. ` +
      "Most likely another stack declares the same customer and created them. Keep the customer in one stack: remove it from the other with `pulumi state delete`, " +
      "and run `npm run tenants -- reconcile`.",
  );
}
