import type { TenantManagementApi } from "../client/api";
import { mayHaveHappened, messageOf, TenantManagementError } from "../client/errors";
import type { ApiTenant } from "../client/schemas";
import type { RecordedAs } from "../journal/index";
import { sameMembers } from "./inputs";
import { findLostTenant, type LostTenant } from "./lost-tenant";
import { noteNewTenant, noteRecoveredTenant } from "./organization";
import { record, slotHistory } from "./recorder";
import type { SlotInput } from "./slot";
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
    const [outcome, made] = await obtainOnRecord(api, wanted, earlier, Date.parse(recording.intent.at));
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
  earlier: ApiTenant | undefined,
  startedAtMs: number,
): Promise<["recovered" | "adopted" | "made", ApiTenant]> {
  if (earlier !== undefined) return ["recovered", earlier];
  if (wanted.adopt !== undefined) return ["adopted", await adoptTenant(api, wanted.adopt, wanted)];
  const { name } = wanted;
  const cells = cellsAtStart(wanted);
  try {
    const made = await api.createTenant({ name, ...(cells === undefined ? {} : { cells }) });
    noteNewTenant(made.tenantId);
    return ["made", made];
  } catch (error) {
    if (!mayHaveHappened(error)) throw await explainCreateRefusal(error, name, api);
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
  return { name: wanted.name, cells: wanted.cells ?? asked, startedAtMs: Date.parse(at) };
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
  return found;
}

async function explainCreateRefusal(
  error: unknown,
  name: string,
  api: TenantManagementApi,
): Promise<unknown> {
  const isRefusal = error instanceof TenantManagementError && error.code === "REFUSED";
  if (!isRefusal || (error.status !== 400 && error.status !== 409)) return error;
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
      `To take that tenant over, add this line to the customer (or input to the Tenant): adopt: ${existing.tenantId}`,
    error,
  );
}
