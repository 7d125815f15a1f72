import type { TenantManagementApi } from "../../client/api";
import { mayHaveHappened, TenantManagementError } from "../../client/errors";
import type { ApiApplication, NewApplication } from "../../client/schemas";
import { messageOf } from "../../client/text";
import { endsWithin } from "../../concurrency";
import type { SlotHistory } from "../../journal/index";
import { customerOf } from "../../names/resource-name";
import { describeEntry } from "../tenant/take-over";
import type { ApplicationCreate, ObtainedApplication } from "./application-create";
import { assertNothingAppeared, type EarlierCreates, settleEarlier, settleOwn } from "./settle-creates";
import { scopesOf } from "./tenant-application-model";

/** How long the check for another stack may take, in milliseconds. */
const warningMs = 5_000;

/**
 * Creates or recovers the wanted application, and records it.
 *
 * @throws {@link TenantManagementError} with what to do
 */
export async function obtainApplication(create: ApplicationCreate): Promise<ObtainedApplication> {
  const { run, slot, wanted } = create;
  const applicationId = run.held.idOf("TenantApplication", slot.name);
  if (applicationId !== undefined)
    await run.record.endCreateOf({
      type: "TenantApplication",
      slot,
      tenantId: wanted.tenantId,
      applicationId,
    });
  const history = await run.record.slotHistory("TenantApplication", slot);
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
 * Returns the ids of the applications in a tenant from which a create must be distinguished. A recovered
 * application is the result of the create: a repair that is killed must leave it to be recovered again. If a
 * lost one may be deleted, one list is not enough: an application missing from it would be mistaken for the
 * lost one.
 */
async function othersIn(create: ApplicationCreate, { recovered, unseen }: EarlierCreates): Promise<string[]> {
  const { run, api } = create;
  const { tenantId } = create.wanted;
  const isOneListEnough = run.settings.replaceLostApplications !== true || run.own.isMadeTenant(tenantId);
  const listed = [
    ...((await run.known.applicationsOf(tenantId)) ?? []),
    ...(isOneListEnough ? [] : ((await api.listApplications(tenantId)) ?? [])),
  ];
  if (recovered === undefined) await assertNothingAppeared(create, unseen, listed);
  const ids = listed.map(({ applicationId }) => applicationId);
  const all = new Set([...ids, ...run.known.applicationsOfStackIn(tenantId)]);
  if (recovered !== undefined) all.delete(recovered.applicationId);
  return [...all];
}

/** If an earlier create's application was recovered, nothing is sent. */
function makeOnRecord(
  create: ApplicationCreate,
  earlier: EarlierCreates,
  others: string[],
): Promise<ObtainedApplication> {
  const { run, wanted, slot, parameters } = create;
  const { tenantId } = wanted;
  const intention = { type: "TenantApplication", operation: "create", slot, tenantId, parameters } as const;
  return create.onRecord({ ...intention, known: others }, async () => {
    const made: ObtainedApplication = earlier.recovered ?? (await send(create, others, earlier));
    const { applicationId, clientId } = made;
    run.known.noteApplicationOfStack(applicationId, tenantId);
    const outcome = "credentials" in made ? "made" : "recovered";
    return [{ outcome, applicationId, clientId }, made];
  });
}

/** Sends the create. If the response is lost, it looks for the created application. */
async function send(
  create: ApplicationCreate,
  others: readonly string[],
  { unseen }: EarlierCreates,
): Promise<ObtainedApplication> {
  try {
    return await post(create);
  } catch (error) {
    if (!isAnswerLost(error)) throw error;
    const finding = await settleOwn(create, others, unseen).catch((settling: unknown) => {
      // What happened is still unknown: the record must say so, for the next run.
      throw new TenantManagementError("NO_ANSWER", `${messageOf(settling)} (${messageOf(error)})`, {
        cause: settling,
      });
    });
    if (finding.kind === "recovered") return finding.application;
    // If an earlier create may have created what was deleted, that of this one may still appear.
    if (finding.kind === "deleted" && unseen.length === 0) return post(create);
    const what =
      finding.kind === "deleted"
        ? `It or an earlier create had created application ${finding.applicationId}, which was deleted.`
        : "The API does not list it among the tenant's applications.";
    throw new TenantManagementError(
      "NO_ANSWER",
      `${messageOf(error)} ${what} Run \`pulumi up\` again: it looks for it again before it creates it.`,
      { cause: error },
    );
  }
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
