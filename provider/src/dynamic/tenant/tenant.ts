import { linkRefusals, sameMembers } from "../../client/as-asked";
import { stageTable } from "../../client/cells";
import { assertSameEnvironment } from "../../settings/same-environment";
import {
  type CheckFailure,
  checkInputs,
  isUnknown,
  type Properties,
  withoutProvider,
  withoutUndefined,
} from "../engine/inputs";
import { PartlyMadeError, reporting } from "../engine/report";
import { assertMissing, deleteOnRecord } from "../run/deletion";
import { assertHosts, refusedHosts, wayOn } from "../run/refused-hosts";
import type { Run } from "../run/run";
import type { ConfigureRequest } from "../run/session";
import { explainDeleteRefusal, isNotYetSeenEmpty } from "./left-in-tenant";
import { obtainTenant } from "./obtain-tenant";
import { TenantCreate } from "./tenant-create";
import {
  heldTwice,
  linksRefused,
  otherName,
  replacementRefused,
  reportDrift,
  warnOfMissingLinks,
} from "./tenant-messages";
import { cellSet, inputsSchema, refusal, type State, stateSchema } from "./tenant-model";
import { partlyMade, toOutputs, toRecord } from "./tenant-outputs";
import { recordStatus, statusOf } from "./tenant-status";

/**
 * The `Tenant` resource's operations.
 *
 * @see createTenant, getTenants, getTenant and deleteTenant of the Tenant Management API
 */
class TenantOperations {
  constructor(private readonly run: Run) {}

  configure(request: ConfigureRequest): void {
    this.run.configure(request);
  }

  check(_olds: Properties, news: Properties): { inputs: Properties; failures: CheckFailure[] } {
    const failures = checkInputs(inputsSchema, news);
    const { stage } = this.run.settings;
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
    this.run.guard.noteDeclared("Tenant", news);
    return { inputs: this.run.held.note("Tenant", news), failures };
  }

  diff(
    tenantId: string,
    olds: Properties,
    news: Properties,
  ): { changes: boolean; replaces: string[]; deleteBeforeReplace: boolean } {
    const state = stateSchema.parse(olds);
    assertSameEnvironment(`Tenant "${state.name}"`, olds, this.run.settings);
    this.run.known.noteTenantOfStack(tenantId);
    if (state.isPartlyMade === true) return { changes: true, replaces: [], deleteBeforeReplace: true };
    const replaces = [
      ...(!isUnknown(news["name"]) && news["name"] !== state.name ? ["name"] : []),
      ...(declaresOtherCells(news["cells"], state) ? ["cells"] : []),
      ...(news["adopt"] !== undefined && !isUnknown(news["adopt"]) && news["adopt"] !== tenantId
        ? ["adopt"]
        : []),
    ];
    if (replaces.length === 0) this.run.guard.noteKept("Tenant", tenantId);
    else if (news["allowReplace"] !== true) throw replacementRefused(state, replaces, news);
    else this.run.guard.noteReplaced("Tenant", tenantId, news);
    return {
      changes:
        replaces.length > 0 || acceptsCells(news["cells"], state) || statusOf(news) !== statusOf(state),
      replaces,
      deleteBeforeReplace: true,
    };
  }

  async create(inputs: Properties): Promise<{ id: string; outs: Properties }> {
    const { run } = this;
    const wanted = inputsSchema.parse(withoutProvider(inputs));
    run.record.expectChange();
    const create = new TenantCreate(run, await run.api(), wanted);
    const made = await obtainTenant(create).catch((error: unknown) => {
      throw partlyMade(error, inputs, create);
    });
    run.known.noteOrganizationKnown();
    const refusals = linkRefusals(made, run.settings);
    if (refusals.length > 0) throw partlyMade(linksRefused(made, refusals), inputs, create);
    run.guard.noteKept("Tenant", made.tenantId);
    warnOfMissingLinks(made);
    if (wanted.cells !== undefined) reportDrift(made, wanted.cells);
    const outs = toOutputs(made, run.settings, {
      createdBy: run.actor,
      declaredCells: wanted.cells,
      slot: wanted.slot,
      recordedAs: create.recordedAs,
    });
    const { slot } = wanted;
    if (slot === undefined || statusOf(wanted) === "active") return { id: made.tenantId, outs };
    // If it cannot be recorded now, the next update does it: the created tenant must reach the state.
    const status = await recordStatus(run, slot, made.tenantId, "active", "deprecated").catch(
      () => undefined,
    );
    return { id: made.tenantId, outs: withoutUndefined({ ...outs, status }) };
  }

  async read(tenantId: string, properties: Properties): Promise<{ id: string; props: Properties }> {
    const state = stateSchema.parse(properties);
    assertSameEnvironment(`Tenant "${state.name}"`, properties, this.run.settings);
    this.run.known.noteTenantOfStack(tenantId);
    const found = await this.run.known.findTenant(tenantId);
    if (found === undefined) {
      await assertMissing(this.run, toRecord(tenantId, state), `Tenant "${state.name}" (${tenantId})`);
      return { id: "", props: {} };
    }
    assertHosts(
      `Tenant "${state.name}" (${tenantId})`,
      linkRefusals(found, this.run.settings),
      this.run.settings,
    );
    reportDrift(found, state.declaredCells ?? state.cells);
    return { id: tenantId, props: { ...properties, ...toOutputs(found, this.run.settings, state) } };
  }

  /** Completes a partly created tenant; otherwise sends nothing, and records its status and the accepted `cells`. */
  async update(tenantId: string, olds: Properties, news: Properties): Promise<{ outs: Properties }> {
    const state = stateSchema.parse(olds);
    if (state.isPartlyMade === true) return this.#complete(tenantId, olds, news);
    const outs = { ...withoutProvider(olds), declaredCells: news["cells"] ?? olds["declaredCells"] };
    const { slot } = toRecord(tenantId, state);
    const [before, after] = [statusOf(state), statusOf(news)];
    if (before === after) return { outs: withoutUndefined(outs) };
    const status = await recordStatus(this.run, slot, tenantId, before, after);
    return { outs: withoutUndefined({ ...outs, status }) };
  }

  async #complete(tenantId: string, olds: Properties, news: Properties): Promise<{ outs: Properties }> {
    const state = stateSchema.parse(olds);
    const { settings } = this.run;
    const found = await (await this.run.api()).getTenant(tenantId);
    if (found === undefined)
      throw refusal(
        `Tenant "${state.name}" (${tenantId}) no longer exists. Run \`pulumi refresh\`, then \`pulumi up\`.`,
      );
    const refusals = linkRefusals(found, settings);
    if (refusals.length > 0) {
      throw new PartlyMadeError(
        tenantId,
        { ...withoutProvider(olds), __provider: news["__provider"] },
        refusedHosts(`Tenant "${state.name}" (${tenantId})`, refusals),
        wayOn(refusals, settings),
      );
    }
    const outs = toOutputs(found, settings, state);
    if (found.name !== news["name"]) throw otherName(found, outs, news);
    if (state.cells.length > 0) reportDrift(found, state.declaredCells ?? state.cells);
    return { outs };
  }

  async delete(tenantId: string, properties: Properties): Promise<void> {
    const state = stateSchema.parse(properties);
    assertSameEnvironment(`Tenant "${state.name}"`, properties, this.run.settings);
    this.run.known.noteTenantOfStack(tenantId);
    if (this.run.guard.isKept("Tenant", tenantId)) throw heldTwice(state);
    const object = toRecord(tenantId, state);
    const what = `Tenant "${state.name}" (${tenantId})`;
    await this.run.guard.assertMayBeDeleted(object, what, properties["stage"]);
    await this.run.record.endCreateOf(object);
    await deleteOnRecord(this.run, object, what, async () => {
      const api = await this.run.api();
      return api.whileSettling(
        () => api.deleteTenant(tenantId),
        (refusal) => isNotYetSeenEmpty(this.run, refusal, tenantId),
        "this run has just deleted the tenant's applications",
      );
    }).catch(async (error: unknown) => {
      throw await explainDeleteRefusal(this.run, error, state);
    });
    this.run.own.noteDeletedTenant(state.name);
  }
}

/** Creates the `Tenant` resource's operations in a run. */
export function tenantHandler(run: Run) {
  return reporting(run, new TenantOperations(run));
}

function declaresOtherCells(declared: unknown, state: State): boolean {
  if (declared === undefined || isUnknown(declared)) return false;
  const wanted = declared as string[];
  return (
    !sameMembers(wanted, state.cells) &&
    (state.declaredCells === undefined || !sameMembers(wanted, state.declaredCells))
  );
}

/** The cells changed at the vendor, and the program now declares them: only the record changes. */
function acceptsCells(declared: unknown, state: State): boolean {
  if (declared === undefined || isUnknown(declared)) return false;
  const wanted = declared as string[];
  return (
    sameMembers(wanted, state.cells) &&
    !(state.declaredCells !== undefined && sameMembers(wanted, state.declaredCells))
  );
}
