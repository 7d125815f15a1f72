import { z } from "zod";

import {
  type ApiTenant,
  cells,
  type TenantManagementApi,
  TenantManagementError,
  stageTable,
} from "../client/index.js";
import { actor } from "./actor.js";
import { assertSameEnvironment } from "./environment.js";
import {
  type CheckFailure,
  checkInputs,
  isUnknown,
  type Properties,
  sameMembers,
  withoutProvider,
  withoutUndefined,
} from "./inputs.js";
import {
  applicationsOf,
  assertGone,
  noteOrganizationKnown,
  noteTenantOfStack,
  tenantsById,
} from "./organization.js";
import { reporting } from "./report.js";
import { configure, currentApi, currentSettings } from "./session.js";

const cellSet = z
  .array(z.enum(cells, { error: `must be one of ${cells.join(", ")}` }))
  .min(1, "must name at least one cell, or be left out")
  .refine((list) => new Set(list).size === list.length, "names a cell twice");

const inputsSchema = z.strictObject(
  {
    name: z
      .string({ error: "must be given, as text" })
      .regex(
        /^[a-z0-9]{1,61}$/,
        "must be 1 to 61 lower-case letters and digits, as the vendor demands (^[a-z0-9]{1,61}$)",
      ),
    cells: cellSet.optional(),
    initialCells: cellSet.optional(),
    adopt: z.string().min(1, "must be the id of an existing tenant").optional(),
    allowReplace: z.boolean({ error: "must be true or false" }).optional(),
  },
  {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? "is not an input of Tenant: remove it or mend its name"
        : undefined,
  },
);
type Inputs = z.output<typeof inputsSchema>;

/** What the state holds of a tenant that is needed again. */
const stateSchema = z.looseObject({
  tenantId: z.string(),
  name: z.string(),
  cells: z.array(z.string()),
  /** The `cells` input that was last accepted: a difference from it is the user's, from `cells` it is drift. */
  declaredCells: z.array(z.string()).optional(),
  createdBy: z.string().optional(),
});
type State = z.output<typeof stateSchema>;

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
    return { inputs: news, failures };
  },

  diff(
    tenantId: string,
    olds: Properties,
    news: Properties,
  ): { changes: boolean; replaces: string[]; deleteBeforeReplace: boolean } {
    const state = stateSchema.parse(olds);
    assertSameEnvironment(`Tenant "${state.name}"`, olds, currentSettings());
    noteTenantOfStack(tenantId);
    const replaces = [
      ...(!isUnknown(news["name"]) && news["name"] !== state.name ? ["name"] : []),
      ...(declaresOtherCells(news["cells"], state) ? ["cells"] : []),
      ...(news["adopt"] !== undefined && !isUnknown(news["adopt"]) && news["adopt"] !== tenantId
        ? ["adopt"]
        : []),
    ];
    if (replaces.length === 0) declaredInThisRun.add(tenantId);
    else if (news["allowReplace"] !== true) throw replacementRefused(state, replaces, news);
    return {
      changes: replaces.length > 0 || acceptsCells(news["cells"], state),
      replaces,
      deleteBeforeReplace: true,
    };
  },

  async create(inputs: Properties): Promise<{ id: string; outs: Properties }> {
    const wanted = inputsSchema.parse(withoutProvider(inputs));
    const api = await currentApi();
    const made =
      wanted.adopt === undefined
        ? await createTenant(api, wanted)
        : await adoptTenant(api, wanted.adopt, wanted);
    noteOrganizationKnown();
    declaredInThisRun.add(made.tenantId);
    warnOfMissingLinks(made);
    return { id: made.tenantId, outs: toOutputs(made, { createdBy: actor(), declaredCells: wanted.cells }) };
  },

  async read(tenantId: string, properties: Properties): Promise<{ id: string; props: Properties }> {
    const state = stateSchema.parse(properties);
    assertSameEnvironment(`Tenant "${state.name}"`, properties, currentSettings());
    noteTenantOfStack(tenantId);
    const found = (await tenantsById()).get(tenantId);
    if (found === undefined) {
      await assertGone(`Tenant "${state.name}" (${tenantId})`);
      return { id: "", props: {} };
    }
    noteOrganizationKnown();
    reportDrift(found, state);
    return { id: tenantId, props: { ...properties, ...toOutputs(found, state) } };
  },

  /** Sends nothing: what changes is only which `cells` are recorded as accepted. */
  update(_tenantId: string, olds: Properties, news: Properties): { outs: Properties } {
    return { outs: withoutUndefined({ ...withoutProvider(olds), declaredCells: news["cells"] }) };
  },

  async delete(tenantId: string, properties: Properties): Promise<void> {
    const state = stateSchema.parse(properties);
    assertSameEnvironment(`Tenant "${state.name}"`, properties, currentSettings());
    noteTenantOfStack(tenantId);
    if (declaredInThisRun.has(tenantId)) throw heldTwice(state);
    const api = await currentApi();
    try {
      if (await api.deleteTenant(tenantId)) noteOrganizationKnown();
      else await assertGone(`Tenant "${state.name}" (${tenantId})`);
    } catch (error) {
      throw await explainDeleteRefusal(error, state);
    }
  },
});

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

async function createTenant(api: TenantManagementApi, wanted: Inputs): Promise<ApiTenant> {
  const cellsAtStart = wanted.cells ?? wanted.initialCells;
  try {
    return await api.createTenant({
      name: wanted.name,
      ...(cellsAtStart === undefined ? {} : { cells: cellsAtStart }),
    });
  } catch (error) {
    throw await explainCreateFailure(error, wanted.name, api);
  }
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

async function explainCreateFailure(
  error: unknown,
  name: string,
  api: TenantManagementApi,
): Promise<unknown> {
  if (!(error instanceof TenantManagementError)) return error;
  if (error.code === "REFUSED" && (error.status === 400 || error.status === 409)) {
    const existing = (await api.listTenants()).find((other) => other.name === name);
    if (existing === undefined) return error;
    return refusal(
      `The name "${name}" is taken in stage ${api.stage} by tenant ${existing.tenantId}, made ${existing.createdAt}. ` +
        `To take that tenant over, add this line to the customer (or input to the Tenant): adopt: ${existing.tenantId}`,
      error,
    );
  }
  if (error.code === "NO_ANSWER" || error.code === "SERVER_FAILED" || error.code === "ANSWER_INVALID") {
    return new TenantManagementError(
      error.code,
      `${error.message} The tenant "${name}" may exist all the same. Run \`pulumi up\` again: if it exists, its id is told with the line that adopts it.`,
      { cause: error },
    );
  }
  return error;
}

async function explainDeleteRefusal(error: unknown, state: State): Promise<unknown> {
  if (!(error instanceof TenantManagementError) || error.code !== "REFUSED" || error.status === undefined)
    return error;
  const left = await applicationsOf(state.tenantId);
  if (left === undefined || left.length === 0) return error;
  const list = left.map(
    (application) =>
      `${application.applicationId} (client ${application.clientId}, cell ${application.cell})`,
  );
  return refusal(
    `Tenant "${state.name}" (${state.tenantId}) still holds ${left.length} application(s) that are not in this stack's way out: ${list.join("; ")}. ` +
      "Nothing was deleted. Delete them at the vendor if nobody uses them, then run the same command again.",
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
      "or, if its data may go, set allowReplace: true on the tenant.",
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

function refusal(message: string, cause?: unknown): TenantManagementError {
  return new TenantManagementError("INPUT_INVALID", message, cause === undefined ? {} : { cause });
}

function reportDrift(found: ApiTenant, state: State): void {
  const expected = state.declaredCells ?? state.cells;
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
  record: { createdBy?: string | undefined; declaredCells?: readonly string[] | undefined },
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
    createdBy: record.createdBy,
    declaredCells: record.declaredCells,
  });
}
