import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

import { z } from "zod";

import { ApiClient } from "../../../sandbox/service/client";
import { useQuickCli } from "../../support/quick-cli";

export const root = path.resolve(__dirname, "../../..");

/** What `npm run service -- --json` prints. */
export const described = z.looseObject({
  url: z.url(),
  issuer: z.url(),
  people: z.array(z.looseObject({ username: z.string(), password: z.string(), roles: z.array(z.string()) })),
  machine: z.strictObject({ clientId: z.string(), clientSecret: z.string(), resource: z.string() }),
  peopleTokenUrl: z.url(),
  secretsManagerUrl: z.url(),
  tenantManagementUrl: z.url(),
});
export type Described = z.output<typeof described>;

export interface Started {
  readonly child: ChildProcess;
  readonly service: Described;
  readonly printed: () => string;
}

/** Starts what `npm run service` starts, and ends what is left after each test. */
export function useStarts(): (args: readonly string[], env?: Record<string, string>) => Promise<Started> {
  let running: ChildProcess[] = [];
  const searchPath = useQuickCli();
  afterEach(async () => {
    for (const child of running) await end(child, "SIGTERM");
    running = [];
  });
  return async (args, env = {}) => {
    const program = ["-r", "ts-node/register", "sandbox/service/start.ts", "--json", ...args];
    const child = spawn(process.execPath, program, {
      cwd: root,
      env: { ...process.env, PATH: searchPath(), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.push(child);
    let [lines, printed] = ["", ""];
    child.stderr.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
    });
    const line = await new Promise<string>((resolve, reject) => {
      child.stdout.on("data", (chunk: Buffer) => {
        lines += chunk.toString();
        if (lines.includes("\n")) resolve(lines);
      });
      child.once("close", () => {
        reject(new Error(printed));
      });
    });
    assert.equal(line.trim().split("\n").length, 1, "one line, and nothing else");
    return { child, service: described.parse(JSON.parse(line)), printed: () => printed };
  };
}

/** Logs one of the start's people in. */
export async function as({ url, peopleTokenUrl, people }: Described, username: string): Promise<ApiClient> {
  const person = people.find((one) => one.username === username);
  return await ApiClient.of(url, peopleTokenUrl, username, person?.password ?? "");
}

/** Ends a start as Ctrl-C does; resolves with its exit code. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const closed = once(child, "close");
  child.kill(signal);
  await closed;
  return child.exitCode;
}
