import { rm } from "node:fs/promises";

import { type ApiTenant, messageOf, type TenantManagementApi } from "pulumi-resistant-tenants/client";

import { readingOnce } from "../reconcile/journals";
import { reconcile, type Reconciliation, repair } from "../reconcile/reconcile";
import type { Stack } from "../stack/stack";
import { holdsNothing } from "./decide";
import { engineEnvironment } from "./engine";
import type { Fleet } from "./fleet";
import { workThrough } from "./line";
import { openInFolder } from "./repair";
import { usualJobs } from "./run";
import type { FleetStack } from "./stage";
import { makeFleetFolder, makeWorkFolder } from "./work-folder";

/**
 * Compares record, state and vendor for every non-empty stack of a fleet. It changes nothing. The
 * organization is listed, and a journal that stacks share is read, once for all. An object of another stack is not reported as unmanaged; one that no
 * stack has is reported once.
 *
 * @param only the names of stacks; default: all
 * @returns Resolves with the results, in the order of the stacks' names.
 */
export async function reconcileFleet(fleet: Fleet, only?: ReadonlySet<string>): Promise<Reconciliation[]> {
  const read = readingOnce();
  const found = await eachStack(fleet, only, async (stack, api): Promise<Reconciliation> => {
    const { counts, warnings, findings, entries } = await reconcile(stack, api, { read });
    return { stack, counts, warnings, findings, entries };
  });
  return eachOnce(found);
}

/** The options of a fleet's repair. */
export interface FleetRepair {
  /** The repairs that were confirmed. */
  agreed: readonly Reconciliation[];
  reason: string | undefined;
  /** Called with a sentence after each repair. */
  onDone: (stack: string, sentence: string) => void;
}

/**
 * Makes the confirmed repairs, stack by stack, and records them. Each stack is compared again first; the
 * organization is listed once more for all. One stack's failure does not stop the others.
 *
 * @returns Resolves with the problems, by the stacks' names.
 */
export async function repairFleet(
  fleet: Fleet,
  { agreed, reason, onDone }: FleetRepair,
): Promise<Map<string, string>> {
  const problems = new Map<string, string>();
  const findings = new Map(
    agreed.map(({ stack, findings: found }) => [
      shortName(stack),
      found.filter(({ fix }) => fix !== undefined),
    ]),
  );
  await eachStack(fleet, new Set(findings.keys()), async (stack, api) => {
    const name = shortName(stack);
    try {
      await repair(stack, api, {
        agreed: findings.get(name) ?? [],
        reason,
        onDone: (sentence) => {
          onDone(name, sentence);
        },
      });
    } catch (error) {
      problems.set(name, messageOf(error));
    }
  });
  return problems;
}

/** `organization/project/stack` ends with the short name. */
export function shortName({ name }: Pick<Stack, "name">): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

/** Runs a function for each non-empty stack of a fleet, several at once. */
async function eachStack<T>(
  fleet: Fleet,
  only: ReadonlySet<string> | undefined,
  work: (stack: Stack, api: TenantManagementApi) => Promise<T>,
): Promise<T[]> {
  const states = await fleet.readAll();
  const environment = engineEnvironment(fleet.environment, fleet.backendUrl);
  const declared = new Map(fleet.stage.stacks.map((stack) => [stack.name, stack]));
  const stacks = [...states]
    .flatMap(([name, state]) => (holdsNothing(state) || only?.has(name) === false ? [] : [name]))
    .sort()
    .map((name): FleetStack => declared.get(name) ?? { name, customers: [] });
  const folder = await makeFleetFolder();
  const lists: Array<Promise<ApiTenant[]>> = [];
  const holders = new Map(
    [...states].flatMap(([name, { held }]) => held.tenants.map(({ tenantId }) => [tenantId, name])),
  );
  try {
    const done = await workThrough<FleetStack, { value: T } | undefined>(stacks, {
      jobs: usualJobs(),
      patienceMs: 0,
      work: async (stack) => {
        const place = await makeWorkFolder(folder, fleet.stage, stack, states.get(stack.name)?.encryption);
        const opened = await openInFolder(place, stack.name, environment);
        const api = await opened.connect();
        const isOthers = ({ tenantId }: ApiTenant): boolean =>
          (holders.get(tenantId) ?? stack.name) !== stack.name;
        try {
          return { result: { value: await work(opened, sharingLists(api, lists, isOthers)) } };
        } finally {
          await api.close();
        }
      },
      onBusy: () => undefined,
      onEnd: () => undefined,
    });
    return done.flatMap((each) => (each === undefined ? [] : [each.value]));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Shares the lists of tenants: the n-th list of each stack is one request for all. */
function sharingLists(
  api: TenantManagementApi,
  lists: Array<Promise<ApiTenant[]>>,
  isOthers: (tenant: ApiTenant) => boolean,
): TenantManagementApi {
  let asked = 0;
  const listTenants = async (): Promise<ApiTenant[]> => {
    const list = (lists[asked] ??= api.listTenants());
    asked += 1;
    return (await list).filter((tenant) => !isOthers(tenant));
  };
  return new Proxy(api, {
    get: (target, name) => {
      if (name === "listTenants") return listTenants;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Every stack sees the objects that no stack has: report them once. */
function eachOnce(found: readonly Reconciliation[]): Reconciliation[] {
  const seen = new Set<string>();
  return found.map((one) => ({
    ...one,
    findings: one.findings.filter(({ kind, tenantId, applicationId }) => {
      if (!kind.startsWith("unmanaged")) return true;
      const key = `${kind} ${tenantId ?? ""} ${applicationId ?? ""}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    }),
  }));
}
