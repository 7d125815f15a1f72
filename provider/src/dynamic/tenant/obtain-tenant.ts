import type { TenantManagementApi } from "../../client/api";
import { linkRefusals } from "../../client/as-asked";
import { mayHaveHappened, messageOf, TenantManagementError } from "../../client/errors";
import type { ApiTenant } from "../../client/schemas";
import type { RecordedAs } from "../../journal/index";
import { sameMembers } from "../engine/inputs";
import { findLostTenant, type LostTenant } from "./lost-tenant";
import { noteNewTenant, noteRecoveredTenant } from "../run/known-objects";
import { isDeletedTenantName } from "../run/own-changes";
import { record, slotHistory } from "../run/recorder";
import { assertHosts } from "../run/refused-hosts";
import { currentSettings } from "../run/session";
import type { SlotInput } from "../../names/slot";
import { describeTakeOver } from "./take-over";
import { cellSet, cellsAtStart, type Inputs, refusal } from "./tenant-model";

/**
 * Makes, adopts or finds again the tenant that is wanted, on the record.
 *
 * @param onRecord is told where the result is on record, if that is known, before this resolves or throws
 * @throws {@link TenantManagementError} with the way out
 */
export async function obtainTenant(
  api: TenantManagementApi,
  wanted: Inputs,
  onRecord: (recordedAs: RecordedAs | undefined) => void,
): Promise<ApiTenant> {
  const slot = wanted.slot ?? { stack: "", name: wanted.name };
  const lost = await lostBefore(slot, wanted);
  const earlier =
    lost === undefined || wanted.adopt !== undefined ? undefined : await findLostTenant(api, lost);
  const recording = await record({
    type: "Tenant",
    operation: "create",
    slot,
    parameters: { name: wanted.name, cells: cellsAtStart(wanted), adopt: wanted.adopt },
  });
  try {
    const startedAtMs = Date.parse(recording.intent.at);
    const [outcome, made] =
      earlier === undefined
        ? await obtainOnRecord(api, wanted, lost, startedAtMs)
        : (["recovered", earlier] as const);
    if (outcome === "recovered") noteRecoveredTenant(made.tenantId);
    onRecord(await recording.end({ outcome, tenantId: made.tenantId }));
    return made;
  } catch (error) {
    onRecord(await recording.fail(error));
    throw error;
  }
}

async function obtainOnRecord(
  api: TenantManagementApi,
  wanted: Inputs,
  lost: LostTenant | undefined,
  startedAtMs: number,
): Promise<["recovered" | "adopted" | "made", ApiTenant]> {
  if (wanted.adopt !== undefined) return ["adopted", await adoptTenant(api, wanted.adopt, wanted)];
  const { name } = wanted;
  const cells = cellsAtStart(wanted);
  try {
    const made = await api.whileSettling(
      () => api.createTenant({ name, ...(cells === undefined ? {} : { cells }) }),
      ({ status }) => (status === 400 || status === 409) && isDeletedTenantName(name),
      "this run has just deleted a tenant of that name",
    );
    noteNewTenant(made.tenantId);
    return ["made", made];
  } catch (error) {
    if (!mayHaveHappened(error)) {
      const explained = await explainCreateRefusal(error, name, api);
      // The name may be taken by what the lost create has made, and the list lag: that create stays open on record.
      if (lost === undefined || explained !== error || !isNamePerhapsTaken(error)) throw explained;
      throw new TenantManagementError(
        "NO_ANSWER",
        `${messageOf(error)} An earlier create of "${name}" got no answer, and may have made it; the API's list of tenants does not show it yet. Run \`pulumi up\` again later: it looks for it once more.`,
        { cause: error },
      );
    }
    if (error instanceof TenantManagementError && error.made !== undefined) throw error;
    const found = await findLostTenant(api, { name, cells, startedAtMs }).catch((finding: unknown) => {
      // What may have happened is still not known: the record must say so, for the next run.
      throw new TenantManagementError("NO_ANSWER", `${messageOf(finding)} (${messageOf(error)})`, {
        cause: finding,
      });
    });
    if (found !== undefined) return ["recovered", found];
    throw new TenantManagementError(
      "NO_ANSWER",
      `${messageOf(error)} The API's list of tenants does not show "${name}". Run \`pulumi up\` again: it looks for it once more before it makes it.`,
      { cause: error },
    );
  }
}

/** An earlier create in this slot whose tenant may exist without any state that holds it. */
async function lostBefore(slot: SlotInput, wanted: Inputs): Promise<LostTenant | undefined> {
  const history = await slotHistory("Tenant", slot);
  if (history.kind === "clear") return undefined;
  // The cells that were asked for then: those where a tenant begins may be declared otherwise by now.
  // A tenant that was to have another name then is not this one.
  const begun = [history.first, history.intent].find(({ parameters }) => parameters["name"] === wanted.name);
  if (begun === undefined) return undefined;
  const { parameters, at } = begun;
  const asked = cellSet.safeParse(parameters["cells"]).data;
  return {
    name: wanted.name,
    cells: wanted.cells ?? asked,
    startedAtMs: Date.parse(at),
    answeredId: history.kind === "made" ? history.objectId : undefined,
  };
}

async function adoptTenant(api: TenantManagementApi, tenantId: string, wanted: Inputs): Promise<ApiTenant> {
  const found = await api.getTenant(tenantId);
  if (found === undefined) {
    throw refusal(
      `There is no tenant ${tenantId} to adopt in stage ${api.stage}. Check the id, and that the credentials are this organization's.`,
    );
  }
  if (found.name !== wanted.name) {
    throw refusal(
      `Tenant ${tenantId} is named "${found.name}", not "${wanted.name}": it was not adopted. Mend \`adopt\` or the name.`,
    );
  }
  if (wanted.cells !== undefined && !sameMembers(wanted.cells, found.cells)) {
    throw refusal(
      `Tenant ${tenantId} ("${found.name}") has the cells ${found.cells.join(", ")}, not ${wanted.cells.join(", ")}: it was not adopted. ` +
        `To adopt it as it is, write uiCells: [${found.cells.join(", ")}] (the resource's \`cells\`).`,
    );
  }
  assertHosts(`Tenant ${tenantId} was not adopted`, linkRefusals(found, currentSettings()));
  return found;
}

/** What the API answers to a name that is taken is not documented: 400 or 409. */
function isNamePerhapsTaken(error: unknown): boolean {
  if (!(error instanceof TenantManagementError) || error.code !== "REFUSED") return false;
  return error.status === 400 || error.status === 409;
}

async function explainCreateRefusal(
  error: unknown,
  name: string,
  api: TenantManagementApi,
): Promise<unknown> {
  // A tenant that this run has deleted is perhaps still listed, and nobody's to adopt.
  if (!isNamePerhapsTaken(error) || isDeletedTenantName(name)) return error;
  let existing: ApiTenant | undefined;
  try {
    existing = (await api.listTenants()).find((other) => other.name === name);
  } catch (listing) {
    return refusal(
      `${messageOf(error)} Whether the name "${name}" is taken could not be looked up: ${messageOf(listing)}`,
      error,
    );
  }
  if (existing === undefined) return error;
  return refusal(
    `The name "${name}" is taken in stage ${api.stage} by tenant ${existing.tenantId}, made ${existing.createdAt}. ` +
      (await describeTakeOver(api, existing.tenantId)),
    error,
  );
}
