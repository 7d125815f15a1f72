import { sameMembers, serverRefusals } from "../../client/as-asked";
import { defaultAuthMethod } from "../../client/auth-methods";
import { stageTable } from "../../client/cells";
import { TenantManagementError } from "../../client/errors";
import { assertSameEnvironment } from "../../settings/same-environment";
import { type CheckFailure, checkInputs, type Properties, withoutProvider } from "../engine/inputs";
import { PartlyMadeError, reporting } from "../engine/report";
import { assertMissing, deleteOnRecord } from "../run/deletion";
import { assertHosts, refusedHosts, wayOn } from "../run/refused-hosts";
import { noteAsked } from "../run/requested-applications";
import type { Run } from "../run/run";
import type { ConfigureRequest } from "../run/session";
import { adoptApplication } from "./adopt-application";
import { adoptsAnother } from "./adoption";
import { ApplicationCreate } from "./application-create";
import { changedKey, checkKey, toAuthentication } from "./application-key";
import {
  heldTwice,
  madeOtherwise,
  notToBeUsed,
  secretNeverCame,
  serversRefused,
} from "./application-messages";
import { completed, lacksSecret, partlyMade, toOutputs, toRecord } from "./application-outputs";
import { obtainApplication } from "./obtain-application";
import { StoredCredentials } from "./stored-credential";
import { inputsSchema, scopesOf, stateSchema } from "./tenant-application-model";

/**
 * The `TenantApplication` resource's operations.
 *
 * @see createTenantApplication, getTenantApplications and deleteTenantApplication of the Tenant Management API
 */
class TenantApplicationOperations {
  private readonly storedCredentials: StoredCredentials;

  constructor(private readonly run: Run) {
    this.storedCredentials = new StoredCredentials(run);
  }

  configure(request: ConfigureRequest): void {
    this.run.configure(request);
  }

  async check(
    _olds: Properties,
    news: Properties,
  ): Promise<{ inputs: Properties; failures: CheckFailure[] }> {
    const failures = [...checkInputs(inputsSchema, news), ...checkKey(news)];
    const { stage } = this.run.settings;
    const cell = inputsSchema.shape.cell.safeParse(news["cell"]);
    if (cell.success && !stageTable[stage].cells.includes(cell.data)) {
      failures.push({
        property: "cell",
        reason: `stage ${stage} has no cell ${cell.data}; it has ${stageTable[stage].cells.join(", ")}`,
      });
    }
    this.run.guard.noteDeclared("TenantApplication", news);
    if (failures.length === 0) {
      noteAsked(news);
      await this.run.customerChanges.noteArrived(news);
    }
    return { inputs: this.run.held.note("TenantApplication", news), failures };
  }

  async diff(
    applicationId: string,
    olds: Properties,
    news: Properties,
  ): Promise<{ changes: boolean; replaces: string[] }> {
    const state = stateSchema.parse(olds);
    assertSameEnvironment(`Application ${state.applicationId}`, olds, this.run.settings);
    this.run.known.noteApplicationOfStack(applicationId, state.tenantId);
    const isPartlyMade = state.isPartlyMade === true;
    const mayReplace = isPartlyMade && this.run.settings.replaceLostApplications === true;
    const changed = {
      tenantId: news["tenantId"] !== state.tenantId,
      cell: news["cell"] !== state.cell,
      scopes: !sameMembers(scopesOf(news["scopes"]), state.scopes),
      authMethod: (news["authMethod"] ?? defaultAuthMethod) !== state.authMethod,
      clientSecret: mayReplace && lacksSecret(state),
      differs: mayReplace && state.differs !== undefined,
      ...(await changedKey(state, news)),
      adopt: adoptsAnother(news["adopt"], applicationId),
    };
    const replaces = Object.entries(changed).flatMap(([property, isChanged]) =>
      isChanged ? [property] : [],
    );
    if (replaces.length > 0) this.run.guard.noteReplaced("TenantApplication", applicationId, news);
    if (!changed.tenantId) this.run.known.noteTenantOfStack(state.tenantId);
    if (news["adopt"] !== undefined && !changed.adopt)
      this.run.guard.noteKept("TenantApplication", applicationId);
    return { changes: isPartlyMade || replaces.length > 0, replaces };
  }

  async create(inputs: Properties): Promise<{ id: string; outs: Properties }> {
    const { run } = this;
    const wanted = inputsSchema.parse(withoutProvider(inputs));
    run.record.expectChange();
    // A wrong clock is refused before anything is sent.
    const clock = run.openClock();
    const authentication = await toAuthentication(wanted);
    const create = new ApplicationCreate(run, await run.api(), wanted, authentication);
    const { adopt } = wanted;
    const made = await (
      adopt === undefined ? obtainApplication(create) : adoptApplication(create, adopt)
    ).catch((error: unknown) => {
      throw partlyMade(error, inputs, create, clock);
    });
    run.known.noteOrganizationKnown();
    run.guard.noteMade(wanted.slot?.name);
    const refusals = serverRefusals(made, run.settings);
    if (refusals.length > 0) throw partlyMade(serversRefused(made, refusals), inputs, create, clock);
    return { id: made.applicationId, outs: toOutputs(made, create, clock) };
  }

  async read(applicationId: string, properties: Properties): Promise<{ id: string; props: Properties }> {
    const state = stateSchema.parse(properties);
    assertSameEnvironment(`Application ${applicationId}`, properties, this.run.settings);
    this.run.known.noteTenantOfStack(state.tenantId);
    this.run.known.noteApplicationOfStack(applicationId, state.tenantId);
    const found = await this.run.known.findApplication(state.tenantId, applicationId);
    if (found === undefined) {
      await assertMissing(
        this.run,
        toRecord(applicationId, state),
        `Application ${applicationId} of tenant ${state.tenantId}`,
      );
      return { id: "", props: {} };
    }
    assertHosts(
      `Application ${applicationId} of tenant ${state.tenantId} (cell ${state.cell})`,
      serverRefusals(found, this.run.settings),
      this.run.settings,
    );
    await this.storedCredentials.warnOfOverwritten(state, found);
    return { id: applicationId, props: completed(properties, state, found) };
  }

  /** Completes a partly created application; nothing else of an application is ever updated. */
  async update(applicationId: string, olds: Properties, news: Properties): Promise<{ outs: Properties }> {
    const state = stateSchema.parse(olds);
    const found = await this.run.known.findApplication(state.tenantId, applicationId);
    if (found === undefined) {
      throw new TenantManagementError(
        "INPUT_INVALID",
        `Application ${applicationId} no longer exists. Run \`pulumi refresh\`, then \`pulumi up\`.`,
      );
    }
    const refusals = serverRefusals(found, this.run.settings);
    if (refusals.length > 0) {
      throw new PartlyMadeError(
        applicationId,
        { ...withoutProvider(olds), isPartlyMade: true, __provider: news["__provider"] },
        refusedHosts(
          `Application ${applicationId} of tenant ${state.tenantId} (cell ${state.cell})`,
          refusals,
        ),
        wayOn(refusals, this.run.settings),
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
  }

  async delete(applicationId: string, properties: Properties): Promise<void> {
    const state = stateSchema.parse(properties);
    assertSameEnvironment(`Application ${applicationId}`, properties, this.run.settings);
    this.run.known.noteTenantOfStack(state.tenantId);
    if (this.run.guard.isKept("TenantApplication", applicationId)) throw heldTwice(applicationId);
    const object = toRecord(applicationId, state);
    const what = `Application ${applicationId} of tenant ${state.tenantId}`;
    await this.run.guard.assertMayBeDeleted(object, what, properties["stage"]);
    await this.run.record.endCreateOf(object);
    await deleteOnRecord(this.run, object, what, async () =>
      (await this.run.api()).deleteApplication(state.tenantId, applicationId, state.cell),
    );
    this.run.own.noteDeletedApplication(state.tenantId, applicationId);
  }
}

/** Creates the `TenantApplication` resource's operations in a run. */
export function tenantApplicationHandler(run: Run) {
  return reporting(run, new TenantApplicationOperations(run));
}
