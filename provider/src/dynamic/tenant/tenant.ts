import { linkRefusals } from "../../client/as-asked";
import { stageTable } from "../../client/cells";
import { TenantManagementError } from "../../client/errors";
import type { ApiApplication, ApiTenant } from "../../client/schemas";
import type { RecordedAs } from "../../journal/index";
import { actor } from "../../organization/actor";
import { assertMissing, deleteOnRecord, type RecordedObject } from "../run/deletion";
import { assertMayBeDeleted, noteDeclared, noteReplaced } from "../run/deletion-guard";
import { assertSameEnvironment } from "../../settings/environment";
import {
  type CheckFailure,
  checkInputs,
  isUnknown,
  type Properties,
  sameMembers,
  withoutProvider,
  withoutUndefined,
} from "../engine/inputs";
import { obtainTenant } from "./obtain-tenant";
import { findTenant, noteOrganizationKnown, noteTenantOfStack } from "../run/known-objects";
import { deletedApplicationsOf, noteDeletedTenant } from "../run/own-changes";
import { recordStatus, statusOf } from "./tenant-status";
import { PartlyMadeError } from "../engine/partly-made";
import { assertHosts, refusedHosts, wayOn } from "../run/refused-hosts";
import { assertChangeHasReason, noteHeldObject } from "../run/recorder";
import { reporting } from "../engine/report";
import { configure, currentApi, currentSettings } from "../run/session";
import type { SlotInput } from "../../names/slot";
import {
  cellSet,
  cellsAtStart,
  type Inputs,
  inputsSchema,
  refusal,
  type State,
  stateSchema,
} from "./tenant-model";

/** Tenants that this run's program declares: whatever else the run does, it never deletes one of them. */
const declaredInThisRun = new Set<string>();

/**
 * The `Tenant` resource's operations.
 *
 * @see createTenant, getTenants, getTenant and deleteTenant of the Tenant Management API
 */
export const tenant = reporting({
  configure,

  check(_olds: Properties, news: Properties): { inputs: Properties; failures: CheckFailure[] } {
    const failures = checkInputs(inputsSchema, news);
    const { stage } = currentSettings();
    for (const property of ["cells", "initialCells"] as const) {
      const given = cellSet.safeParse(news[property]);
      const foreign = given.success
        ? given.data.filter((cell) => !stageTable[stage].cells.includes(cell))
        : [];
      if (foreign.length > 0) {
        failures.push({
          property,
          reason: `stage ${stage} has no cell ${foreign.join(", ")}; it has ${stageTable[stage].cells.join(", ")}`,
        });
      }
    }
    noteDeclared("Tenant", news);
    return { inputs: noteHeldObject("Tenant", news), failures };
  },

  diff(
    tenantId: string,
    olds: Properties,
    news: Properties,
  ): { changes: boolean; replaces: string[]; deleteBeforeReplace: boolean } {
    const state = stateSchema.parse(olds);
    assertSameEnvironment(`Tenant "${state.name}"`, olds, currentSettings());
    noteTenantOfStack(tenantId);
    if (state.isPartlyMade === true) return { changes: true, replaces: [], deleteBeforeReplace: true };
    const replaces = [
      ...(!isUnknown(news["name"]) && news["name"] !== state.name ? ["name"] : []),
      ...(declaresOtherCells(news["cells"], state) ? ["cells"] : []),
      ...(news["adopt"] !== undefined && !isUnknown(news["adopt"]) && news["adopt"] !== tenantId
        ? ["adopt"]
        : []),
    ];
    if (replaces.length === 0) declaredInThisRun.add(tenantId);
    else if (news["allowReplace"] !== true) throw replacementRefused(state, replaces, news);
    else noteReplaced("Tenant", tenantId, news);
    return {
      changes:
        replaces.length > 0 || acceptsCells(news["cells"], state) || statusOf(news) !== statusOf(state),
      replaces,
      deleteBeforeReplace: true,
    };
  },

  async create(inputs: Properties): Promise<{ id: string; outs: Properties }> {
    const wanted = inputsSchema.parse(withoutProvider(inputs));
    assertChangeHasReason();
    const api = await currentApi();
    let recordedAs: RecordedAs | undefined;
    const made = await obtainTenant(api, wanted, (where) => (recordedAs = where)).catch((error: unknown) => {
      throw partlyMade(error, inputs, wanted, recordedAs);
    });
    noteOrganizationKnown();
    const refusals = linkRefusals(made, currentSettings());
    if (refusals.length > 0) {
      const { message } = refusedHosts(`Tenant "${made.name}" was found again`, refusals);
      const found = { made: { objectId: made.tenantId, refusals } };
      throw partlyMade(
        new TenantManagementError("ANSWER_INVALID", message, found),
        inputs,
        wanted,
        recordedAs,
      );
    }
    declaredInThisRun.add(made.tenantId);
    warnOfMissingLinks(made);
    if (wanted.cells !== undefined) reportDrift(made, wanted.cells);
    const outs = toOutputs(made, {
      createdBy: actor(process.env),
      declaredCells: wanted.cells,
      slot: wanted.slot,
      recordedAs,
    });
    const { slot } = wanted;
    if (slot === undefined || statusOf(wanted) === "active") return { id: made.tenantId, outs };
    // Where it cannot be recorded now, the next update does it: what was made must reach the state.
    const status = await recordStatus(slot, made.tenantId, "active", "deprecated").catch(() => undefined);
    return { id: made.tenantId, outs: withoutUndefined({ ...outs, status }) };
  },

  async read(tenantId: string, properties: Properties): Promise<{ id: string; props: Properties }> {
    const state = stateSchema.parse(properties);
    assertSameEnvironment(`Tenant "${state.name}"`, properties, currentSettings());
    noteTenantOfStack(tenantId);
    const found = await findTenant(tenantId);
    if (found === undefined) {
      await assertMissing(toRecord(tenantId, state), `Tenant "${state.name}" (${tenantId})`);
      return { id: "", props: {} };
    }
    assertHosts(`Tenant "${state.name}" (${tenantId})`, linkRefusals(found, currentSettings()));
    reportDrift(found, state.declaredCells ?? state.cells);
    return { id: tenantId, props: { ...properties, ...toOutputs(found, state) } };
  },

  /** Completes a partly made tenant; otherwise sends nothing, and records its status, and which `cells` are accepted. */
  async update(tenantId: string, olds: Properties, news: Properties): Promise<{ outs: Properties }> {
    const state = stateSchema.parse(olds);
    if (state.isPartlyMade === true) {
      const found = await (await currentApi()).getTenant(tenantId);
      if (found === undefined)
        throw refusal(
          `Tenant "${state.name}" (${tenantId}) is gone. Run \`pulumi refresh\`, then \`pulumi up\`.`,
        );
      const refusals = linkRefusals(found, currentSettings());
      if (refusals.length > 0) {
        throw new PartlyMadeError(
          tenantId,
          { ...withoutProvider(olds), __provider: news["__provider"] },
          refusedHosts(`Tenant "${state.name}" (${tenantId})`, refusals),
          wayOn(refusals),
        );
      }
      const outs = toOutputs(found, state);
      if (found.name !== news["name"]) throw otherName(found, outs, news);
      if (state.cells.length > 0) reportDrift(found, state.declaredCells ?? state.cells);
      return { outs };
    }
    const outs = { ...withoutProvider(olds), declaredCells: news["cells"] ?? olds["declaredCells"] };
    const { slot } = toRecord(tenantId, state);
    const [before, after] = [statusOf(state), statusOf(news)];
    if (before === after) return { outs: withoutUndefined(outs) };
    return { outs: withoutUndefined({ ...outs, status: await recordStatus(slot, tenantId, before, after) }) };
  },

  async delete(tenantId: string, properties: Properties): Promise<void> {
    const state = stateSchema.parse(properties);
    assertSameEnvironment(`Tenant "${state.name}"`, properties, currentSettings());
    noteTenantOfStack(tenantId);
    if (declaredInThisRun.has(tenantId)) throw heldTwice(state);
    const object = toRecord(tenantId, state);
    const what = `Tenant "${state.name}" (${tenantId})`;
    await assertMayBeDeleted(object, what, properties["stage"]);
    await deleteOnRecord(object, what, async () => {
      const api = await currentApi();
      return api.whileSettling(
        () => api.deleteTenant(tenantId),
        (refusal) => isNotYetSeenEmpty(refusal, tenantId),
        "this run has just deleted the tenant's applications",
      );
    }).catch(async (error: unknown) => {
      throw await explainDeleteRefusal(error, state);
    });
    noteDeletedTenant(state.name);
  },
});

function toRecord(tenantId: string, { slot, name }: State): RecordedObject {
  return { type: "Tenant", slot: slot ?? { stack: "", name }, tenantId };
}

function declaresOtherCells(declared: unknown, state: State): boolean {
  if (declared === undefined || isUnknown(declared)) return false;
  const wanted = declared as string[];
  return (
    !sameMembers(wanted, state.cells) &&
    (state.declaredCells === undefined || !sameMembers(wanted, state.declaredCells))
  );
}

/** The cells changed at the vendor, and the program now declares what is there: nothing to do but to record it. */
function acceptsCells(declared: unknown, state: State): boolean {
  if (declared === undefined || isUnknown(declared)) return false;
  const wanted = declared as string[];
  return (
    sameMembers(wanted, state.cells) &&
    !(state.declaredCells !== undefined && sameMembers(wanted, state.declaredCells))
  );
}

function partlyMade(
  error: unknown,
  inputs: Properties,
  wanted: Inputs,
  recordedAs: RecordedAs | undefined,
): unknown {
  if (!(error instanceof TenantManagementError) || error.made === undefined) return error;
  const { objectId: tenantId, refusals = [] } = error.made;
  const { stage, apiUrl } = currentSettings();
  const state = {
    tenantId,
    name: wanted.name,
    cells: cellsAtStart(wanted) ?? [],
    declaredCells: wanted.cells,
    createdBy: actor(process.env),
    slot: wanted.slot,
    recordedAs,
    stage,
    apiUrl,
    isPartlyMade: true,
  };
  return new PartlyMadeError(
    tenantId,
    { ...withoutUndefined(state), __provider: inputs["__provider"] },
    error,
    refusals.length > 0 ? wayOn(refusals) : undefined,
  );
}

/** Says that a tenant has another name, under which the state then holds it: a change of name is a replacement. */
function otherName(found: ApiTenant, outs: Properties, news: Properties): PartlyMadeError {
  return new PartlyMadeError(
    found.tenantId,
    { ...outs, __provider: news["__provider"] },
    refusal(
      `Tenant ${found.tenantId} is named "${found.name}" at the vendor, not "${String(news["name"])}".`,
    ),
    "look at it at the vendor, for it may be another customer's. To have it deleted and created again, in a program of your own, set allowReplace: true on the Tenant, and run `pulumi up` again; to forget it, run `pulumi state delete`",
  );
}

/** What the API answers of a tenant that holds applications is not documented: 400 or 409. */
async function isNotYetSeenEmpty({ status }: TenantManagementError, tenantId: string): Promise<boolean> {
  if (status !== 400 && status !== 409) return false;
  if (deletedApplicationsOf(tenantId).size === 0) return false;
  const left = await applicationsLeftIn(tenantId).catch(() => undefined);
  return left?.length === 0;
}

/** Gives the applications in a tenant but for those that this run has deleted, which a list may still show. */
async function applicationsLeftIn(tenantId: string): Promise<ApiApplication[]> {
  const deleted = deletedApplicationsOf(tenantId);
  const listed = (await (await currentApi()).listApplications(tenantId)) ?? [];
  return listed.filter(({ applicationId }) => !deleted.has(applicationId));
}

async function explainDeleteRefusal(error: unknown, state: State): Promise<unknown> {
  if (!(error instanceof TenantManagementError) || error.code !== "REFUSED" || error.status === undefined)
    return error;
  const left = await applicationsLeftIn(state.tenantId).catch(() => []);
  if (left.length === 0) return error;
  const list = left.map(
    (application) =>
      `${application.applicationId} (client ${application.clientId}, cell ${application.cell})`,
  );
  return refusal(
    `Tenant "${state.name}" (${state.tenantId}) still holds ${left.length} application(s) that are not in this stack's way out: ${list.join("; ")}. ` +
      "The tenant was not deleted. Delete them at the vendor if nobody uses them, then run the same command again.",
    error,
  );
}

function replacementRefused(state: State, replaces: string[], news: Properties): TenantManagementError {
  return refusal(
    `A change of ${replaces.join(", ")} would replace tenant "${state.name}" (${state.tenantId}): the vendor has no update operation, ` +
      "and deleting the tenant destroys all that the customer has in it. Nothing was changed. Ways out: " +
      `put ${replaces.map((property) => describeOld(property, state)).join(", ")} back; ` +
      (replaces.includes("cells")
        ? `leave out uiCells (\`cells\`) and ask the vendor to change the cells, then run \`pulumi refresh\`; `
        : "") +
      (replaces.includes("name")
        ? `add a customer of the name ${String(news["name"])} beside this one; `
        : "") +
      "or, if its data may go: with tenants:customers, remove the entry, run `pulumi up`, and add it again; in a program of your own, set allowReplace: true on the Tenant.",
  );
}

function describeOld(property: string, state: State): string {
  if (property === "name") return `name: ${state.name}`;
  if (property === "cells") return `cells: [${state.cells.join(", ")}]`;
  return `adopt: ${state.tenantId} (or none)`;
}

function heldTwice(state: State): TenantManagementError {
  return refusal(
    `Tenant "${state.name}" (${state.tenantId}) is declared by another resource of this stack, so it was not deleted. ` +
      "A resource that was renamed keeps its tenant by `aliases`: add aliases: [{ name: <old resource name> }] to the new one's options, and remove `adopt`.",
  );
}

function reportDrift(found: ApiTenant, expected: readonly string[]): void {
  if (sameMembers(found.cells, expected)) return;
  console.warn(
    `warning: tenant "${found.name}" (${found.tenantId}) has the cells ${found.cells.join(", ")} at the vendor, not ${expected.join(", ")}. ` +
      `Nothing is changed by that. To accept them, write: uiCells: [${found.cells.join(", ")}]`,
  );
}

function warnOfMissingLinks(made: ApiTenant): void {
  const missing = made.cells.filter((cell) => !(cell in made.webUiUrls));
  if (missing.length === 0) return;
  console.warn(
    `warning: the API gives no Web UI link of tenant "${made.name}" (${made.tenantId}) for ${missing.join(", ")}; webUiUrls leaves it out. ` +
      "Run `pulumi refresh` later, or ask the vendor.",
  );
}

function toOutputs(
  made: ApiTenant,
  kept: {
    createdBy?: string | undefined;
    declaredCells?: readonly string[] | undefined;
    slot?: SlotInput | undefined;
    recordedAs?: RecordedAs | undefined;
  },
): Properties {
  const { stage, apiUrl } = currentSettings();
  return withoutUndefined({
    tenantId: made.tenantId,
    name: made.name,
    cells: made.cells,
    webUiUrls: made.webUiUrls,
    readOnlyClaim: `${made.tenantId}_RO`,
    readWriteClaim: `${made.tenantId}_RW`,
    stage,
    apiUrl,
    createdAt: made.createdAt,
    updatedAt: made.updatedAt,
    createdBy: kept.createdBy,
    declaredCells: kept.declaredCells,
    slot: kept.slot,
    recordedAs: kept.recordedAs,
  });
}
