import { TenantManagementError } from "../../client/errors";
import type { ApiTenant } from "../../client/schemas";
import type { ProviderSettings } from "../../settings/settings";
import { type Properties, withoutUndefined } from "../engine/inputs";
import { PartlyMadeError } from "../engine/report";
import type { RecordedObject } from "../run/recorder";
import { wayOn } from "../run/refused-hosts";
import type { TenantCreate } from "./tenant-create";
import { cellsAtStart, type State } from "./tenant-model";

/** Names a tenant of the state for the record. */
export function toRecord(tenantId: string, { slot, name }: State): RecordedObject {
  return { type: "Tenant", slot: slot ?? { stack: "", name }, tenantId };
}

/** The outputs of a tenant that do not come from the API. */
type Kept = Partial<Pick<State, "createdBy" | "declaredCells" | "slot" | "recordedAs">>;

/** Returns the outputs of a tenant. */
export function toOutputs(made: ApiTenant, { stage, apiUrl }: ProviderSettings, kept: Kept): Properties {
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

/** Turns an error during a tenant's creation into one that stores the tenant in the state, if it was created. */
export function partlyMade(error: unknown, inputs: Properties, create: TenantCreate): unknown {
  if (!(error instanceof TenantManagementError) || error.made === undefined) return error;
  const { objectId: tenantId, refusals = [] } = error.made;
  const { run, wanted, recordedAs } = create;
  const { stage, apiUrl } = run.settings;
  const state = {
    tenantId,
    name: wanted.name,
    cells: cellsAtStart(wanted) ?? [],
    declaredCells: wanted.cells,
    createdBy: run.actor,
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
    refusals.length > 0 ? wayOn(refusals, run.settings) : undefined,
  );
}
