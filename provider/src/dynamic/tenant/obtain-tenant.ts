import type { TenantManagementApi } from "../../client/api";
import { linkRefusals, sameMembers } from "../../client/as-asked";
import { mayHaveHappened, TenantManagementError } from "../../client/errors";
import type { ApiTenant } from "../../client/schemas";
import { messageOf } from "../../client/text";
import { assertHosts } from "../run/refused-hosts";
import type { Run } from "../run/run";
import { findLostTenant, type LostTenant } from "./lost-tenant";
import { describeTakeOver } from "./take-over";
import type { TenantCreate } from "./tenant-create";
import { cellsAtStart, refusal } from "./tenant-model";

/** A tenant, and how the stack got it. */
type Obtained = ["recovered" | "adopted" | "made", ApiTenant];

/**
 * Creates, adopts or recovers the wanted tenant, and records it.
 *
 * @throws {@link TenantManagementError} with what to do
 */
export async function obtainTenant(create: TenantCreate): Promise<ApiTenant> {
  const { run, api, wanted, slot, parameters } = create;
  const lost = create.lostBefore(await run.record.slotHistory("Tenant", slot));
  const earlier =
    lost === undefined || wanted.adopt !== undefined ? undefined : await findLostTenant(api, lost);
  const intention = { type: "Tenant", operation: "create", slot, parameters } as const;
  return create.onRecord(intention, async ({ intent }) => {
    const [outcome, made] = await obtain(create, { lost, earlier, startedAtMs: Date.parse(intent.at) });
    if (outcome === "recovered") run.own.noteRecoveredTenant(made.tenantId);
    return [{ outcome, tenantId: made.tenantId }, made];
  });
}

/** The state before a create. */
interface Before {
  /** An earlier create in this slot that may have created it. */
  lost: LostTenant | undefined;
  /** The tenant of that create, if it was found. */
  earlier: ApiTenant | undefined;
  /** When this create started, in milliseconds since 1970. */
  startedAtMs: number;
}

async function obtain(create: TenantCreate, { lost, earlier, startedAtMs }: Before): Promise<Obtained> {
  if (earlier !== undefined) return ["recovered", earlier];
  if (create.wanted.adopt !== undefined) return ["adopted", await adopt(create, create.wanted.adopt)];
  try {
    return ["made", await post(create)];
  } catch (error) {
    if (!mayHaveHappened(error)) throw await explainRefusal(create, lost, error);
    if (error instanceof TenantManagementError && error.made !== undefined) throw error;
    return ["recovered", await findMade(create, startedAtMs, error)];
  }
}

async function post({ run, api, wanted }: TenantCreate): Promise<ApiTenant> {
  const { name } = wanted;
  const cells = cellsAtStart(wanted);
  const made = await api.whileSettling(
    () => api.createTenant({ name, ...(cells === undefined ? {} : { cells }) }),
    ({ status }) => (status === 400 || status === 409) && run.own.isDeletedTenantName(name),
    "this run has just deleted a tenant of that name",
  );
  run.known.noteNewTenant(made.tenantId);
  return made;
}

async function explainRefusal(
  { run, api, wanted: { name } }: TenantCreate,
  lost: LostTenant | undefined,
  error: unknown,
): Promise<unknown> {
  const explained = await explainNameTaken(run, error, name, api);
  // The name may be taken by the tenant of the lost create while the list lags: that create stays open on
  // record.
  if (lost === undefined || explained !== error || !isNamePerhapsTaken(error)) return explained;
  return new TenantManagementError(
    "NO_ANSWER",
    `${messageOf(error)} An earlier create of "${name}" got no answer and may have succeeded; the API does not list the tenant yet. Run \`pulumi up\` again later: it looks for it again.`,
    { cause: error },
  );
}

/** Finds the tenant of a create whose response was lost. */
async function findMade(
  { api, wanted }: TenantCreate,
  startedAtMs: number,
  error: unknown,
): Promise<ApiTenant> {
  const { name } = wanted;
  const lost = { name, cells: [cellsAtStart(wanted)], startedAtMs };
  const found = await findLostTenant(api, lost).catch((finding: unknown) => {
    // What happened is still unknown: the record must say so, for the next run.
    throw new TenantManagementError("NO_ANSWER", `${messageOf(finding)} (${messageOf(error)})`, {
      cause: finding,
    });
  });
  if (found !== undefined) return found;
  throw new TenantManagementError(
    "NO_ANSWER",
    `${messageOf(error)} The API does not list "${name}" among the tenants. Run \`pulumi up\` again: it looks for it again before it creates it.`,
    { cause: error },
  );
}

async function adopt({ run, api, wanted }: TenantCreate, tenantId: string): Promise<ApiTenant> {
  const found = await api.getTenant(tenantId);
  if (found === undefined) {
    throw refusal(
      `There is no tenant ${tenantId} to adopt in stage ${api.stage}. Check the id, and that the credentials are this organization's.`,
    );
  }
  if (found.name !== wanted.name) {
    throw refusal(
      `Tenant ${tenantId} is named "${found.name}", not "${wanted.name}": it was not adopted. Correct \`adopt\` or the name.`,
    );
  }
  if (wanted.cells !== undefined && !sameMembers(wanted.cells, found.cells)) {
    throw refusal(
      `Tenant ${tenantId} ("${found.name}") has the cells ${found.cells.join(", ")}, not ${wanted.cells.join(", ")}: it was not adopted. ` +
        `To adopt it as it is, write uiCells: [${found.cells.join(", ")}] (the resource's \`cells\`).`,
    );
  }
  assertHosts(`Tenant ${tenantId} was not adopted`, linkRefusals(found, run.settings), run.settings);
  return found;
}

/** The API's status for a name that is taken is not documented: 400 or 409. */
function isNamePerhapsTaken(error: unknown): boolean {
  if (!(error instanceof TenantManagementError) || error.code !== "REFUSED") return false;
  return error.status === 400 || error.status === 409;
}

async function explainNameTaken(
  { own }: Run,
  error: unknown,
  name: string,
  api: TenantManagementApi,
): Promise<unknown> {
  // A tenant that this run has deleted may still be listed, but no one can adopt it.
  if (!isNamePerhapsTaken(error) || own.isDeletedTenantName(name)) return error;
  let existing: ApiTenant | undefined;
  try {
    existing = (await api.listTenants()).find((other) => other.name === name);
  } catch (listing) {
    return refusal(
      `${messageOf(error)} Could not check whether the name "${name}" is taken: ${messageOf(listing)}`,
      error,
    );
  }
  if (existing === undefined) return error;
  return refusal(
    `The name "${name}" is taken in stage ${api.stage} by tenant ${existing.tenantId}, created ${existing.createdAt}. ` +
      (await describeTakeOver(api, { name, tenantId: existing.tenantId })),
    error,
  );
}
