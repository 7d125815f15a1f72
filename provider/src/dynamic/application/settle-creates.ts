import { sameMembers } from "../../client/as-asked";
import { TenantManagementError } from "../../client/errors";
import type { ApiApplication } from "../../client/schemas";
import type { IntentEvent, SlotHistory } from "../../journal/index";
import { deleteOnRecord } from "../run/deletion";
import type { ApplicationCreate, ApplicationParameters } from "./application-create";
import { type LostApplication, type LostApplicationFinding, settleLostApplication } from "./lost-application";

/*
 * What becomes of creates whose applications are in no state: earlier ones in the slot, and the one that has just got
 * no answer.
 */

/** What the API reports of an application. */
type Kind = Pick<ApplicationParameters, "cell" | "scopes">;

/** What the earlier creates in a slot have left. */
export interface EarlierCreates {
  /** The application of one of them, which can be used. */
  recovered: ApiApplication | undefined;
  /** Those whose application the API does not list: it may still appear. */
  unseen: readonly IntentEvent[];
}

/**
 * Settles earlier creates in this slot whose applications are in no state.
 *
 * @throws {@link TenantManagementError} `INPUT_INVALID`, if a person must decide
 */
export async function settleEarlier(
  create: ApplicationCreate,
  history: SlotHistory,
): Promise<EarlierCreates> {
  const { run, wanted } = create;
  const attempts = attemptsOf(create, history);
  if (history.kind === "clear" || attempts.length === 0) return { recovered: undefined, unseen: [] };
  const unseen: IntentEvent[] = [];
  let recovered: ApiApplication | undefined;
  for (const ofKind of byKind(create, attempts)) {
    const finding = await settleKind(create, history, ofKind);
    if (finding.kind === "recovered") recovered = finding.application;
    if (finding.kind === "none" && history.kind === "open") unseen.push(...ofKind);
  }
  run.known.forgetApplicationsOf(wanted.tenantId);
  return { recovered, unseen };
}

/** Settles this create itself, whose response was lost. */
export async function settleOwn(
  create: ApplicationCreate,
  others: readonly string[],
  unseen: readonly IntentEvent[],
): Promise<LostApplicationFinding> {
  const { run, api, wanted, slot, parameters } = create;
  const isOfOther = await run.record.onRecordElsewhere("TenantApplication", slot);
  // The list that the run remembers is older than what may have been created now.
  run.known.forgetApplicationsOf(wanted.tenantId);
  return settleLostApplication(api, {
    ...lostApplication(create, parameters),
    isOtherwiseDeclared: unseen.some((intent) => isRival(create, intent)),
    isKnown: (applicationId) =>
      others.includes(applicationId) || run.known.isInState(applicationId) || isOfOther(applicationId),
    otherClaimOf: await otherClaims(create, parameters),
  });
}

/**
 * Ensures that the lists from which a create will be distinguished show nothing that an earlier one may have created,
 * and that no list showed before.
 *
 * @throws {@link TenantManagementError} `INPUT_INVALID`: the next update settles it
 */
export async function assertNothingAppeared(
  create: ApplicationCreate,
  unseen: readonly IntentEvent[],
  listed: readonly ApiApplication[],
): Promise<void> {
  if (unseen.length === 0) return;
  const { run, slot } = create;
  const isOfOther = await run.record.onRecordElsewhere("TenantApplication", slot);
  const found = listed.find(
    (application) =>
      !run.known.isInState(application.applicationId) &&
      !isOfOther(application.applicationId) &&
      byKind(create, unseen).some((ofKind) => {
        const { parameters = {}, known = [] } = ofKind.at(-1) ?? {};
        const asked = create.parametersOnRecord(parameters);
        return isOfKind(application, asked) && !known.includes(application.applicationId);
      }),
  );
  if (found === undefined) return;
  throw new TenantManagementError(
    "INPUT_INVALID",
    `The answer to an earlier create of application ${slot.name} was lost, and the API lists only now what it may have created: ` +
      `${found.applicationId} (client ${found.clientId}, tenant ${create.wanted.tenantId}). Nothing was sent. Run \`pulumi up\` again: it settles that first.`,
  );
}

/**
 * Returns the earlier creates in this slot whose applications may be in no state, oldest first. An adopted one was
 * created by someone else, who may use it: it was not lost.
 */
function attemptsOf({ wanted: { tenantId } }: ApplicationCreate, history: SlotHistory): IntentEvent[] {
  if (history.kind === "clear") return [];
  const begun = history.kind === "made" ? [history.intent] : history.lost;
  return begun.filter((intent) => intent.parameters["adopt"] === undefined && intent.tenantId === tenantId);
}

/** Groups creates by what the API reports of their applications. */
function byKind(create: ApplicationCreate, attempts: readonly IntentEvent[]): IntentEvent[][] {
  const groups: IntentEvent[][] = [];
  for (const intent of attempts) {
    const asked = create.parametersOnRecord(intent.parameters);
    const group = groups.find(([first]) =>
      isOfKind(create.parametersOnRecord(first?.parameters ?? {}), asked),
    );
    if (group === undefined) groups.push([intent]);
    else group.push(intent);
  }
  return groups;
}

/** @param ofKind the earlier creates of one kind, oldest first */
function settleKind(
  create: ApplicationCreate,
  history: Exclude<SlotHistory, { kind: "clear" }>,
  ofKind: readonly IntentEvent[],
): Promise<LostApplicationFinding> {
  const { run, api, wanted } = create;
  // The parameters of that time decide what may exist; the declaration may have changed since.
  const asked = create.parametersOnRecord(ofKind.at(-1)?.parameters ?? {});
  return create.oneOfKindAtATime(asked, async () => {
    const settled = await settleLostApplication(api, await lostBefore(create, history, ofKind, asked));
    if (settled.kind === "recovered")
      run.known.noteApplicationOfStack(settled.application.applicationId, wanted.tenantId);
    return settled;
  });
}

/**
 * Returns an earlier create in this slot. The siblings' records are read after their turn: a partly created
 * application is on record, and in no state yet.
 */
async function lostBefore(
  create: ApplicationCreate,
  history: Exclude<SlotHistory, { kind: "clear" }>,
  ofKind: readonly IntentEvent[],
  asked: ApplicationParameters,
): Promise<LostApplication> {
  const { run, slot } = create;
  const known = ofKind.at(-1)?.known ?? [];
  const isMade = history.kind === "made";
  const isOfOther = await run.record.onRecordElsewhere("TenantApplication", slot);
  const isOlder = (applicationId: string): boolean =>
    known.includes(applicationId) || isOfOther(applicationId);
  const lost = lostApplication(create, asked);
  return {
    ...lost,
    isOtherwiseDeclared: !create.isAsWanted(asked) || ofKind.some((intent) => isRival(create, intent)),
    answeredId: isMade ? history.objectId : undefined,
    isKnown: (applicationId) => run.known.isInState(applicationId) || (!isMade && isOlder(applicationId)),
    otherClaimOf: isMade ? () => undefined : await otherClaims(create, asked),
    remove: async (applicationId) => {
      // Nothing of a killed run will send its request again: with its application deleted, its create is over.
      for (const { id } of ofKind) await run.record.endEarlierCreate(slot, id, { outcome: "unknown" });
      await lost.remove(applicationId);
    },
  };
}

/**
 * Returns whether an earlier create may have created an application that looks like the wanted one, but has another
 * credential.
 */
function isRival(create: ApplicationCreate, { parameters }: IntentEvent): boolean {
  const asked = create.parametersOnRecord(parameters);
  return isOfKind(asked, create.parameters) && !create.isAsWanted(asked);
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
function isOfKind(one: Kind, other: Kind): boolean {
  return one.cell === other.cell && sameMembers(one.scopes, other.scopes);
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
