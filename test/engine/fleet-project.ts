import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { parse } from "yaml";

import type { StackReport } from "../../operations/src/fleet/run";
import type { CustomerRecord } from "../../provider/src/names/stack-outputs";
import type { ConfigValue } from "../../sandbox/pulumi/config-file";
import { tenantsCommand } from "../support/tenants-command";
import { descendants, killIfThere, repositoryRoot, type StackOptions, StackUnderTest } from "./engine";

/** What `tenants fleet … --json` prints. */
export interface FleetReport {
  totals: Record<string, number>;
  seconds: number;
  stacks: StackReport[];
}

/** What it prints, and how it ended. */
export type EndedFleet = FleetReport & { exitCode: number; stderr: string };

/** A project whose stage `dev` is a fleet, on the real engine, with a Tenant Management API of its own. */
export class FleetUnderTest {
  private constructor(
    readonly folder: string,
    readonly stack: StackUnderTest,
  ) {}

  static async create(
    bits: number,
    customers: ConfigValue,
    options: StackOptions = {},
  ): Promise<FleetUnderTest> {
    const folder = await mkdtemp(path.join(os.tmpdir(), "resistant-tenants-project-"));
    for (const each of ["stacks", "provider", "node_modules"])
      await symlink(path.join(repositoryRoot, each), path.join(folder, each));
    const fleet = new FleetUnderTest(folder, await createStack(folder, bits, customers, options));
    return fleet;
  }

  /** Runs `tenants fleet <command> --stage dev`, and reads what it prints. */
  run(command: string, ...args: readonly string[]): Promise<EndedFleet> {
    return this.runWith({}, command, ...args);
  }

  /**
   * Runs it with other variables in its environment. With a `TMPDIR` of its own it shares nothing with other fleets but the
   * backend, as on another machine.
   */
  async runWith(
    env: Record<string, string>,
    command: string,
    ...args: readonly string[]
  ): Promise<EndedFleet> {
    const { exitCode, stdout, stderr } = await this.stack.tenantsWith(
      env,
      "fleet",
      command,
      "--stage",
      "dev",
      "--json",
      ...args,
    );
    if (stdout === "") throw new Error(`fleet ${command} printed nothing: ${stderr}`);
    return { ...(JSON.parse(stdout) as FleetReport), exitCode, stderr };
  }

  /**
   * Runs `tenants fleet up`, and kills it once a condition holds.
   *
   * @param what the fleet with all that it started, the fleet alone, or its engines with what they started: it is then
   *   interrupted, so that it begins no other
   */
  async killWhen(condition: () => boolean, what: "all" | "fleet" | "engines" = "all"): Promise<void> {
    const command = this.#start("up");
    const closed = once(command, "close");
    await this.stack.waitWhileRunning(command, condition);
    const [own = -1, ...others] = await descendants(command.pid ?? -1);
    if (what === "engines") command.kill("SIGINT");
    const killed = what === "fleet" ? [own] : what === "all" ? [own, ...others] : others;
    for (const pid of killed) killIfThere(pid);
    await closed;
  }

  #start(command: string): ChildProcess {
    const { workspace, printed } = this.stack;
    const child = spawn(process.execPath, [...tenantsCommand, "fleet", command, "--stage", "dev"], {
      cwd: this.folder,
      env: { ...process.env, ...workspace.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (data: Buffer) => printed.push(data.toString()));
    return child;
  }

  /** Lists the customers of all stacks. */
  async list(): Promise<CustomerRecord[]> {
    const { stdout, stderr } = await this.stack.tenants("list", "--stage", "dev", "--json");
    if (stdout === "") throw new Error(`list printed nothing: ${stderr}`);
    return JSON.parse(stdout) as CustomerRecord[];
  }

  /** Gives the customers that the stage's file declares. */
  async declared(): Promise<Array<Record<string, ConfigValue>>> {
    const file = parse(await readFile(this.stack.workspace.configFile, "utf8")) as {
      config: Record<string, Array<Record<string, ConfigValue>>>;
    };
    return file.config["tenants:customers"] ?? [];
  }

  /** How many bytes a state's file in the backend has; 0 if there is none. */
  async stateSize(file: string): Promise<number> {
    const found = await stat(this.#inBackend("stacks/resistant-tenants", file)).catch(() => undefined);
    return found?.size ?? 0;
  }

  /** Renames a state's file in the backend. */
  async moveState(from: string, to: string): Promise<void> {
    const folder = this.#inBackend("stacks/resistant-tenants");
    await rename(path.join(folder, from), path.join(folder, to));
  }

  #inBackend(...parts: string[]): string {
    const backend = this.stack.workspace.env["PULUMI_BACKEND_URL"] ?? "";
    const root = backend.slice("file://".length).replace(/\?.*$/, "");
    return path.join(root, ".pulumi", ...parts);
  }

  /** Locks a stack as an engine on another host does. */
  async lock(stack: string, hostname: string): Promise<string> {
    const folder = this.#inBackend("locks/organization/resistant-tenants", stack);
    await mkdir(folder, { recursive: true });
    const file = path.join(folder, "another.json");
    await writeFile(
      file,
      JSON.stringify({ pid: 1, username: "ci", hostname, timestamp: "2026-11-26T08:00:00Z" }),
    );
    return file;
  }

  async close(): Promise<void> {
    await this.stack.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function createStack(
  folder: string,
  bits: number,
  customers: ConfigValue,
  options: StackOptions,
): Promise<StackUnderTest> {
  await writeFile(path.join(folder, "Pulumi.yaml"), projectFile(bits));
  return StackUnderTest.create({ ...options, projectDir: folder, customers });
}

function projectFile(bits: number): string {
  return `name: resistant-tenants
main: stacks/
runtime:
  name: nodejs
  options:
    typescript: false
fleet:
  bits: ${bits}
`;
}

/** Names which stacks were run by the engine, in order. */
export function ranIn({ stacks }: FleetReport): string[] {
  return stacks.filter(({ ran }) => ran).map(({ stack }) => stack);
}

/** Gives customers with one application each. */
export function numbered(count: number): Array<{ name: string; customerId: string; cells: string[] }> {
  return Array.from({ length: count }, (_, index) => ({
    name: `customer${index + 1}`,
    customerId: `CRM-${index + 1}`,
    cells: ["eu-1"],
  }));
}
