import { randomBytes, randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { exportJWK, generateKeyPair } from "jose";
import { z } from "zod";

import { SandboxError } from "../errors";
import { newIdentityState } from "./identity";

const port = z.int().min(1).max(65_535);
const jwk = z.looseObject({ kty: z.string() });

const keptSchema = z.strictObject({
  version: z.literal(1),
  /** Tokens, secrets and states contain addresses, so the next start needs the same ports. */
  ports: z.strictObject({
    web: port,
    metrics: port,
    workerMetrics: port,
    issuer: port,
    testing: port,
    production: port,
    secretsManager: port,
  }),
  identity: z.strictObject({
    key: jwk,
    cookieKey: z.string(),
    machineSecret: z.string(),
    webSecret: z.string(),
  }),
  /** Also the name of the runtime role. */
  database: z.string().regex(/^[a-z0-9_]{1,40}$/),
  databasePassword: z.string(),
  approvalKey: jwk,
  sessionKey: z.string(),
  passphrase: z.string(),
});

/** What a local start creates once, and reads again with `--data`: ports, keys, passwords. */
export type KeptStart = z.output<typeof keptSchema>;

/** The folder of a local start. */
export interface StartFolder {
  readonly directory: string;
  /** Whether an earlier start has used it. */
  readonly isResumed: boolean;
  readonly isKept: boolean;
  readonly kept: KeptStart;
  /** Deletes the folder, unless it was given. */
  readonly close: () => Promise<void>;
}

const fileName = "start.json";

/**
 * Opens the given folder, or creates a temporary one.
 *
 * @param webPort the port of the API and the page; default: a free one, or that of the earlier start
 * @throws SandboxError `BAD_CONFIGURATION` if the folder contains something else, or another start uses it
 */
export async function openStartFolder(given: string | undefined, webPort?: number): Promise<StartFolder> {
  if (given === undefined) {
    const directory = await mkdtemp(path.join(os.tmpdir(), "resistant-tenants-service-"));
    const close = (): Promise<void> => rm(directory, { recursive: true, force: true, maxRetries: 5 });
    try {
      return { directory, isResumed: false, isKept: false, kept: await newStart(webPort), close };
    } catch (error) {
      await close();
      throw error;
    }
  }
  const directory = path.resolve(given);
  const file = path.join(directory, fileName);
  await mkdir(directory, { recursive: true, mode: 0o711 });
  const unlock = await lock(directory);
  try {
    if (existsSync(file)) {
      const kept = await readStart(file);
      if (webPort !== undefined) kept.ports.web = webPort;
      for (const one of Object.values(kept.ports)) await assertFree(one, directory);
      return { directory, isResumed: true, isKept: true, kept, close: unlock };
    }
    const others = (await readdir(directory)).filter((name) => name !== lockName);
    if (others.length > 0)
      throw new SandboxError(
        "BAD_CONFIGURATION",
        `--data: ${directory} holds something else (${others.slice(0, 3).join(", ")}): name an empty folder, or one of an earlier start.`,
      );
    const kept = await newStart(webPort);
    await writeFile(`${file}.new`, JSON.stringify(kept), { mode: 0o600 });
    await rename(`${file}.new`, file);
    return { directory, isResumed: false, isKept: true, kept, close: unlock };
  } catch (error) {
    await unlock();
    throw error;
  }
}

async function newStart(webPort: number | undefined): Promise<KeptStart> {
  const secret = (): string => randomBytes(32).toString("base64url");
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const [web, metrics, workerMetrics, issuer, testing, production, secretsManager] = await freePorts(7);
  return keptSchema.parse({
    version: 1,
    ports: { web: webPort ?? web, metrics, workerMetrics, issuer, testing, production, secretsManager },
    identity: await newIdentityState(),
    database: `provisioning_${randomBytes(4).toString("hex")}`,
    databasePassword: secret(),
    approvalKey: await exportJWK(privateKey),
    sessionKey: secret(),
    passphrase: secret(),
  });
}

async function readStart(file: string): Promise<KeptStart> {
  try {
    return keptSchema.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (cause) {
    const message = `--data: ${file} is not what a start of this release writes. Nothing was changed: use the release that wrote it, or an empty folder.`;
    throw new SandboxError("BAD_CONFIGURATION", message, { cause });
  }
}

const lockName = "start.pid";

/** Two starts on one folder would undo each other's work. */
async function lock(directory: string): Promise<() => Promise<void>> {
  const file = path.join(directory, lockName);
  if (existsSync(file)) {
    const pid = Number(await readFile(file, "utf8"));
    if (pid !== process.pid && isStart(pid))
      throw new SandboxError(
        "BAD_CONFIGURATION",
        `--data: process ${pid} runs the service on ${directory} already.`,
      );
  }
  await writeFile(file, String(process.pid));
  return () => rm(file, { force: true });
}

function isStart(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Below the ports that the system assigns, so that the next start finds them free. */
const [lowestPort, highestPort] = [15_000, 32_000];

async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(lowestPort, highestPort);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

/** How long the leftovers of a killed start may still hold a port, in milliseconds. */
const portPatienceMs = 10_000;

async function assertFree(port: number, directory: string): Promise<void> {
  const deadline = performance.now() + portPatienceMs;
  while (!(await isFree(port))) {
    if (performance.now() > deadline) {
      const message = `--data: port ${port} is taken, and what ${directory} holds names it. End what listens there, and start again.`;
      throw new SandboxError("BAD_CONFIGURATION", message);
    }
    await delay(250);
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const isListening = await new Promise<boolean>((resolve) => {
    server
      .once("error", () => {
        resolve(false);
      })
      .listen(port, "127.0.0.1", () => {
        resolve(true);
      });
  });
  if (isListening) await new Promise((resolve) => server.close(resolve));
  return isListening;
}
