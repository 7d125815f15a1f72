import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/settings";
import { customerOf, mostFleetBits, nameOfUrn } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { type Encryption, hasKey, readEncryption } from "../stack/stack-file";
import { UsageError } from "../usage";
import type { FleetOptions } from "./backend";
import { engineEnvironment, runEngine } from "./engine";
import { type Fleet, openFleet } from "./fleet";
import type { Holding } from "./guard";
import { writeBits } from "./project";
import type { FleetState } from "./states";
import { makeFleetFolder, makeWorkFolder, type WorkFolder } from "./work-folder";

/** What a split will do. */
export interface SplitPlan {
  /** The fleet in its new layout. */
  fleet: Fleet;
  states: ReadonlyMap<string, FleetState>;
  /** The present `fleet.bits`. */
  from: number;
  to: number;
  /** The customers that the new layout assigns to another stack. */
  moves: readonly Holding[];
}

/**
 * Plans a split. After an interrupted split, this is its remainder.
 *
 * @param bits default: one more than now or, if a customer is misplaced, the present number
 * @throws {@link UsageError} if the number is wrong
 * @throws if a stack is not ready: it is running, or its last run was interrupted or failed
 */
export async function planSplit(
  options: FleetOptions,
  environment: EnvironmentVariables,
  bits: number | undefined,
): Promise<SplitPlan> {
  const present = await openFleet(options, environment);
  const { bits: from } = present.stage;
  const states = await present.readAll();
  const misplaced = present.holdings(states).filter(({ stack, wanted }) => stack !== wanted);
  const to = bits ?? (misplaced.length > 0 ? from : from + 1);
  if (to < from || to > mostFleetBits) {
    throw new UsageError(
      `The stage has ${from} bits; a split increases them, up to ${mostFleetBits}. Stacks cannot be merged.`,
    );
  }
  if (to > from && misplaced.length > 0) {
    throw new UsageError(
      `${misplaced.length} customers are not in their stack yet: an earlier split was interrupted. Run the command without --bits first.`,
    );
  }
  const fleet = to === from ? present : await openFleet(options, environment, to);
  const moves = fleet.holdings(states).filter(({ stack, wanted }) => stack !== wanted);
  assertReady(new Set(moves.flatMap(({ stack, wanted }) => [stack, wanted])), states);
  return { fleet, states, from, to, moves };
}

/**
 * An operation without an end is on record under the old stack's name only: it must end there before anything
 * is moved.
 */
function assertReady(names: ReadonlySet<string>, states: ReadonlyMap<string, FleetState>): void {
  const unready = [...names].filter((name) => {
    const state = states.get(name);
    return state !== undefined && (state.held.pending.length > 0 || state.lastRun?.succeeded === false);
  });
  if (unready.length === 0) return;
  throw new Error(
    `The last run of ${unready.join(", ")} failed or was interrupted. Nothing was changed. Run \`fleet up\` until it succeeds, then split.`,
  );
}

/**
 * Moves each customer to its stack. The engine writes the receiving stack first, then the other: after a kill
 * in between both contain the customer, and the next split removes it from the wrong one.
 *
 * @param onMove called before each write
 */
export async function split(plan: SplitPlan, onMove: (text: string) => void): Promise<void> {
  const { fleet, from, to, moves, states } = plan;
  if (to > from) await writeBits(fleet.stage.project, fleet.stage.name, to);
  const folder = await makeFleetFolder();
  try {
    const mover = await Mover.open(fleet, states, folder);
    for (const source of new Set(moves.map(({ stack }) => stack))) {
      const ofSource = moves.filter(({ stack }) => stack === source);
      const doubled = ofSource.filter(({ wanted, tenantId }) =>
        states.get(wanted)?.held.tenants.some((tenant) => tenant.tenantId === tenantId),
      );
      if (doubled.length > 0) {
        onMove(`${source}: ${doubled.length} customers are already in their new stack, and are removed here`);
        await mover.takeOut(source, doubled);
      }
      const left = ofSource.filter((holding) => !doubled.includes(holding));
      for (const target of new Set(left.map(({ wanted }) => wanted))) {
        const ofTarget = left.filter(({ wanted }) => wanted === target);
        onMove(`${source}: ${ofTarget.length} customers move to ${target}`);
        await mover.move(source, target, ofTarget);
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const exportSchema = z.looseObject({
  deployment: z.looseObject({
    resources: z
      .array(
        z.looseObject({
          urn: z.string(),
          type: z.string(),
          id: z.string().optional(),
          parent: z.string().optional(),
        }),
      )
      .default([]),
  }),
});
type Exported = z.output<typeof exportSchema>;

class Mover {
  private constructor(
    private readonly fleet: Fleet,
    private readonly work: WorkFolder,
    private readonly folder: string,
    private readonly environment: Readonly<Record<string, string>>,
    private readonly encryption: Encryption,
    private readonly existing: Set<string>,
  ) {}

  static async open(fleet: Fleet, states: ReadonlyMap<string, FleetState>, folder: string): Promise<Mover> {
    const ofFile = await readEncryption(fleet.stage.file);
    const ofStates = [...states.values()].find(({ encryption }) => hasKey(encryption))?.encryption;
    const encryption = hasKey(ofFile) ? ofFile : (ofStates ?? ofFile);
    const work = await makeWorkFolder(folder, fleet.stage, { name: "split", customers: [] }, encryption);
    const environment = engineEnvironment(fleet.environment, fleet.backendUrl);
    return new Mover(fleet, work, folder, environment, encryption, new Set(states.keys()));
  }

  async move(source: string, target: string, customers: readonly Holding[]): Promise<void> {
    await this.#see(source);
    await this.#see(target);
    const urns = rootsOf(await this.#export(source), customers);
    await this.#run(["state", "move", "--yes", "--source", source, "--dest", target, ...urns]);
  }

  /** Removes customers from a stack that no longer has them: the other stack contains all of their resources, too. */
  async takeOut(source: string, customers: readonly Holding[]): Promise<void> {
    await this.#see(source);
    const exported = await this.#export(source);
    const names = new Set(customers.map(({ customer }) => customer));
    const { resources } = exported.deployment;
    for (const target of new Set(customers.map(({ wanted }) => wanted))) {
      await this.#see(target);
      const held = new Set((await this.#export(target)).deployment.resources.map(identityOf));
      const moved = customers.filter(({ wanted }) => wanted === target);
      const ofTarget = new Set(moved.map(({ customer }) => customer));
      const missing = resources.filter((one) => isOf(one, ofTarget) && !held.has(identityOf(one)));
      if (missing.length > 0) {
        throw new Error(
          `${source} contains ${missing.map(({ urn }) => nameOfUrn(urn)).join(", ")}, but ${target} does not: nothing was removed. ` +
            "Compare the two (`pulumi stack export`), and move them by hand (`pulumi state move`).",
        );
      }
    }
    const kept = resources.filter((resource) => !isOf(resource, names));
    const file = path.join(this.folder, `${source}.json`);
    await writeFile(
      file,
      JSON.stringify({ ...exported, deployment: { ...exported.deployment, resources: kept } }),
      {
        mode: 0o600,
      },
    );
    await this.#run(["stack", "import", "--file", file, "--stack", source]);
  }

  async #export(stack: string): Promise<Exported> {
    return exportSchema.parse(JSON.parse(await this.#run(["stack", "export", "--stack", stack])));
  }

  /** Ensures that a stack exists and that the engine can read its secrets. */
  async #see(stack: string): Promise<void> {
    const { project } = this.work;
    await mkdir(project, { recursive: true });
    await writeFile(path.join(project, `Pulumi.${stack}.yaml`), JSON.stringify(this.encryption), {
      mode: 0o600,
    });
    if (this.existing.has(stack)) return;
    const { secretsprovider } = this.encryption;
    const provider = secretsprovider === undefined ? [] : ["--secrets-provider", secretsprovider];
    await this.#run(["stack", "init", stack, "--no-select", ...provider]);
    this.existing.add(stack);
  }

  async #run(args: readonly string[]): Promise<string> {
    const { exitCode, stdout, problem } = await runEngine(this.work, args, { environment: this.environment });
    if (exitCode === 0) return stdout;
    throw new Error(
      `pulumi ${args.slice(0, 2).join(" ")} failed: ${problem}\nRun the command again: it continues where it stopped.`,
    );
  }
}

/** Identifies a resource in any stack. */
function identityOf({ urn, type, id }: Exported["deployment"]["resources"][number]): string {
  return `${type} ${nameOfUrn(urn)} ${id ?? ""}`;
}

function isOf({ urn, type }: { urn: string; type: string }, customers: ReadonlySet<string>): boolean {
  const isStacks = type === "pulumi:pulumi:Stack" || type.startsWith("pulumi:providers:");
  return !isStacks && customers.has(customerOf(nameOfUrn(urn)));
}

/** The engine moves a resource together with its children. */
function rootsOf({ deployment: { resources } }: Exported, customers: readonly Holding[]): string[] {
  const names = new Set(customers.map(({ customer }) => customer));
  const own = new Set(resources.filter((resource) => isOf(resource, names)).map(({ urn }) => urn));
  return resources.filter(({ urn, parent }) => own.has(urn) && !own.has(parent ?? "")).map(({ urn }) => urn);
}
