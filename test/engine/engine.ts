import { strict as assert } from "node:assert";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleepMs } from "node:timers/promises";
import { promisify } from "node:util";

import { CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";

import { type StartOptions, startTenantManagement, type TenantManagementSandbox } from "../../sandbox/api";
import { type AwsProvider, findAwsProvider } from "../../sandbox/aws/find-provider";
import { type SecretsManager, startSecretsManager } from "../../sandbox/aws/moto";
import { type ProcessResult, runProcess } from "../../sandbox/process";
import type { Log } from "../../sandbox/progress";
import { findPulumi, type PulumiCli } from "../../sandbox/pulumi/cli";
import type { ConfigValue } from "../../sandbox/pulumi/config-file";
import type { RunOptions, Workspace } from "../../sandbox/pulumi/workspace";
import { tenantsCommand } from "../support/tenants-command";
import { createTestWorkspace } from "./initialized";

/** What all engine tests of one run share: the CLI, Secrets Manager and the AWS provider. */
interface Shared {
  pulumi: PulumiCli;
  secretsManager: SecretsManager;
  aws: AwsProvider;
  /**
   * A key of KMS that encrypts the secrets of stacks: for a passphrase, each command takes as long to derive a key as for
   * all else that it does before it runs a program.
   */
  secretsProvider: string;
}

export const region = "eu-west-1";
export const repositoryRoot = path.resolve(__dirname, "../..");

const silent: Log = () => undefined;

let shared: Promise<Shared> | undefined;

/** Starts what all engine tests share, once; ended by {@link closeShared}, or with this process. */
export function startShared(log: Log = silent): Promise<Shared> {
  shared ??= (async () => {
    const pulumi = await findPulumi({ log });
    const secretsManager = await startSecretsManager({ log });
    const aws = await findAwsProvider({
      pulumi,
      endpointUrl: secretsManager.endpointUrl,
      region,
      log,
    });
    return { pulumi, secretsManager, aws, secretsProvider: await makeStateKey(secretsManager) };
  })();
  return shared;
}

async function makeStateKey({ endpointUrl }: SecretsManager): Promise<string> {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const kms = new KMSClient({ region, endpoint: endpointUrl, credentials });
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  kms.destroy();
  const where = new URLSearchParams({ region, endpoint: endpointUrl });
  return `awskms://${KeyMetadata?.KeyId ?? ""}?${where.toString()}`;
}

/** Ends what {@link startShared} started. */
export async function closeShared(): Promise<void> {
  const started = await shared;
  await started?.aws.close();
  await started?.secretsManager.close();
}

/** Each process and its parent, where the system shows them as files: `ps` takes ten times as long. */
function processesByFile(): number[][] | undefined {
  if (!existsSync("/proc/self/stat")) return undefined;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        // After the program's name, which may hold anything: its state, then its parent.
        const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return [[Number(pid), Number(parent)]];
      } catch {
        // It has ended since it was listed.
        return [];
      }
    });
}

async function processesByPs(): Promise<number[][]> {
  const { stdout } = await promisify(execFile)("ps", ["-eo", "pid=,ppid="]);
  return stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
}

/** Finds a process and all that it started: the engine's plugins are in process groups of their own. */
export async function descendants(root: number): Promise<number[]> {
  const processes = processesByFile() ?? (await processesByPs());
  const childrenOf = (parent: number): number[] =>
    processes.flatMap(([pid = 0, ppid]) => (ppid === parent ? [pid, ...childrenOf(pid)] : []));
  return [root, ...childrenOf(root)];
}

/** What a stack in production needs: a reason for every change, and loopback, where the stand-ins listen. */
function productionEnvironment({ apiUrl }: TenantManagementSandbox, { secretsManager }: Shared) {
  const hosts = [apiUrl, secretsManager.endpointUrl].map((url) => new URL(url).hostname);
  return { TENANTS_REASON: "a test", TENANTS_ALLOWED_HOSTS: [...new Set(hosts)].join(",") };
}

/** How a stack under test differs from the usual. */
export interface StackOptions {
  sandbox?: StartOptions;
  stage?: "testing" | "production";
  customers?: ConfigValue;
  config?: Record<string, ConfigValue>;
  env?: Record<string, string>;
  projectDir?: string;
  /** What encrypts the secrets. Default: a key of KMS, unless `env` has a passphrase or another backend. */
  encryption?: "passphrase";
}

/** Variables that are for a passphrase, or lead to a backend that has other secrets. */
const otherEncryption = /^PULUMI_(?:BACKEND_URL|CONFIG_PASSPHRASE)/;

/** A `pulumi` command that runs. */
export interface StartedEngine {
  engine: ChildProcess;
  processId: number;
}

/** A stack of the project on the real engine, with a Tenant Management API of its own. */
export class StackUnderTest {
  /** Everything the engine printed, for the search for credentials. */
  readonly printed: string[] = [];

  readonly aws: SecretsManagerClient;

  private constructor(
    readonly sandbox: TenantManagementSandbox,
    readonly workspace: Workspace,
    readonly secretPrefix: string,
    private readonly projectDir: string,
    { secretsManager }: Shared,
  ) {
    this.aws = new SecretsManagerClient({
      region,
      endpoint: secretsManager.endpointUrl,
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
  }

  static async create(options: StackOptions = {}): Promise<StackUnderTest> {
    const started = await startShared();
    const stage = options.stage ?? "testing";
    const sandbox = await startTenantManagement({ stage, ...options.sandbox });
    // Secrets Manager is shared, so each stack has names of its own there.
    const secretPrefix = `test-${randomUUID()}`;
    const hasPassphrase =
      options.encryption === "passphrase" ||
      Object.keys(options.env ?? {}).some((name) => otherEncryption.test(name));
    const workspace = await createTestWorkspace({
      pulumi: started.pulumi,
      stack: stage === "testing" ? "dev" : "prod",
      ...(hasPassphrase ? {} : { secretsProvider: started.secretsProvider }),
      ...(options.projectDir === undefined ? {} : { projectDir: options.projectDir }),
      config: {
        ...started.aws.config,
        "tenants:stage": stage,
        "tenants:apiUrl": sandbox.apiUrl,
        "tenants:tokenUrl": sandbox.tokenUrl,
        "tenants:clientId": sandbox.clientId,
        "tenants:keyId": sandbox.keyId,
        "tenants:secretPrefix": secretPrefix,
        "tenants:journalDiskIsKept": true,
        ...(options.customers === undefined ? {} : { "tenants:customers": options.customers }),
        ...options.config,
      },
      env: {
        ...started.aws.env,
        TENANTS_PRIVATE_KEY: sandbox.privateKeyPem,
        ...(stage === "production" ? productionEnvironment(sandbox, started) : {}),
        ...options.env,
      },
      ...(started.aws.pluginsFolder === undefined ? {} : { pluginsFolder: started.aws.pluginsFolder }),
    });
    await workspace.configure({ "tenants:journal": path.join(workspace.directory, "journal.jsonl") });
    return new StackUnderTest(
      sandbox,
      workspace,
      secretPrefix,
      options.projectDir ?? repositoryRoot,
      started,
    );
  }

  /** Makes another stack at this one's API, of the same organization. */
  async createBeside(options: Omit<StackOptions, "sandbox" | "config" | "env">): Promise<StackUnderTest> {
    const { apiUrl, tokenUrl, clientId, keyId, privateKeyPem } = this.sandbox;
    return StackUnderTest.create({
      ...options,
      config: {
        "tenants:apiUrl": apiUrl,
        "tenants:tokenUrl": tokenUrl,
        "tenants:clientId": clientId,
        "tenants:keyId": keyId,
      },
      env: { TENANTS_PRIVATE_KEY: privateKeyPem },
    });
  }

  /** Runs a `pulumi` command, whatever its exit code. */
  async run(args: readonly string[], options?: RunOptions): Promise<ProcessResult> {
    const result = await this.workspace.run(args, options);
    this.printed.push(result.stdout, result.stderr);
    return result;
  }

  /** Runs a command that must succeed. */
  async succeed(args: readonly string[], options?: RunOptions): Promise<string> {
    const result = await this.run(args, options);
    assert.equal(result.exitCode, 0, `pulumi ${args.join(" ")}:\n${result.stdout}\n${result.stderr}`);
    return result.stdout + result.stderr;
  }

  /** Runs a command that must fail, and gives all it printed. */
  async fail(args: readonly string[], options?: RunOptions): Promise<string> {
    const result = await this.run(args, options);
    assert.notEqual(result.exitCode, 0, `pulumi ${args.join(" ")} should have failed:\n${result.stdout}`);
    return result.stdout + result.stderr;
  }

  up(...flags: string[]): Promise<string> {
    return this.succeed(["up", "--yes", "--skip-preview", ...flags]);
  }

  /**
   * Runs an `up`, kills it and all it started as a crash would once a condition holds, and clears the lock that is left.
   */
  async killUpWhen(condition: () => boolean, env: Record<string, string> = {}): Promise<void> {
    await this.crashUpWhen(condition, env);
    await this.succeed(["cancel", "--yes"]);
  }

  /** Runs an `up`, and kills it and all it started as a crash would once a condition holds: its lock stays. */
  async crashUpWhen(condition: () => boolean, env: Record<string, string> = {}): Promise<void> {
    const { engine, processId } = this.start(["up", "--yes", "--skip-preview"], env);
    const closed = once(engine, "close");
    await this.waitWhileRunning(engine, condition);
    for (const pid of await descendants(processId)) killIfThere(pid);
    await closed;
  }

  /** Starts a `pulumi` command, in a process group of its own, and collects what it prints. */
  start(args: readonly string[], env: Record<string, string> = {}): StartedEngine {
    const engine = spawn("pulumi", args, {
      cwd: this.projectDir,
      env: { ...process.env, ...this.workspace.env, ...env },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const collect = (data: Buffer): number => this.printed.push(data.toString());
    engine.stdout.on("data", collect);
    engine.stderr.on("data", collect);
    assert.ok(engine.pid !== undefined, "pulumi could not be started");
    return { engine, processId: engine.pid };
  }

  /** Waits for a condition, which must hold before the command ends. */
  async waitWhileRunning(engine: ChildProcess, condition: () => boolean): Promise<void> {
    while (!condition()) {
      assert.equal(engine.exitCode, null, `the command ended too early:\n${this.printed.join("")}`);
      await sleepMs(5);
    }
  }

  /** Runs `tenants`, the project's own command line, on this stack, whatever its exit code. */
  tenants(...args: readonly string[]): Promise<ProcessResult> {
    return this.tenantsWith({}, ...args);
  }

  /** Runs it with other variables in its environment; undefined takes one out. */
  async tenantsWith(
    env: Record<string, string | undefined>,
    ...args: readonly string[]
  ): Promise<ProcessResult> {
    const result = await runProcess(process.execPath, [...tenantsCommand, ...args], {
      cwd: this.projectDir,
      env: { ...process.env, ...this.workspace.env, ...env },
    });
    this.printed.push(result.stdout, result.stderr);
    return result;
  }

  async setCustomers(customers: ConfigValue): Promise<void> {
    await this.workspace.configure({ "tenants:customers": customers });
  }

  /** Reads the value of a secret. */
  async storedSecret(arn: string): Promise<Record<string, unknown>> {
    const { SecretString } = await this.aws.send(new GetSecretValueCommand({ SecretId: arn }));
    return JSON.parse(SecretString ?? "") as Record<string, unknown>;
  }

  /** Sets the organization's key in the stack's configuration, encrypted. */
  async configurePrivateKey(): Promise<void> {
    const { privateKeyPem } = this.sandbox;
    await this.succeed(["config", "set", "--secret", "tenants:privateKey", "--", privateKeyPem]);
  }

  /** Stores a secret that is none of the stack's, and gives its ARN. */
  async createSecret(name: string, value: string, tags: Record<string, string> = {}): Promise<string> {
    const { ARN } = await this.aws.send(
      new CreateSecretCommand({
        Name: `${randomUUID()}/${name}`,
        SecretString: value,
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      }),
    );
    return ARN ?? "";
  }

  async describeSecret(arn: string): Promise<{ name: string; tags: Record<string, string> }> {
    const { Name, Tags } = await this.aws.send(new DescribeSecretCommand({ SecretId: arn }));
    return {
      name: Name ?? "",
      tags: Object.fromEntries((Tags ?? []).map(({ Key, Value }) => [Key ?? "", Value ?? ""])),
    };
  }

  /** Lists the names of this stack's secrets, those that wait for their deletion included unless said otherwise. */
  async listSecrets({ includePlannedDeletion = true } = {}): Promise<string[]> {
    const { SecretList } = await this.aws.send(
      new ListSecretsCommand({
        Filters: [{ Key: "name", Values: [this.secretPrefix] }],
        IncludePlannedDeletion: includePlannedDeletion,
      }),
    );
    return (SecretList ?? []).map(({ Name }) => Name ?? "");
  }

  /** Finds the URN of a resource by the end of its type and its name. */
  async urn(type: string, name: string): Promise<string> {
    const { resources } = (await this.workspace.exportState()).deployment;
    const found = resources.find(
      (resource) => resource.type.endsWith(type) && resource.urn.endsWith(`::${name}`),
    );
    assert.ok(found, `no ${type} ${name} in the state`);
    return found.urn;
  }

  /** Deletes a secret for good, so that its name is free. */
  async forceDeleteSecret(name: string): Promise<void> {
    await this.aws.send(new DeleteSecretCommand({ SecretId: name, ForceDeleteWithoutRecovery: true }));
  }

  /** Reads the journal, a line an event; empty where none was written. */
  async journal(): Promise<string> {
    const file = path.join(this.workspace.directory, "journal.jsonl");
    return existsSync(file) ? readFile(file, "utf8") : "";
  }

  /** Reads the journal's lines at once, while an update may be writing. */
  journalLines(): string[] {
    const file = path.join(this.workspace.directory, "journal.jsonl");
    return existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  }

  /** Reads the state as the backend stores it; of the file backend, with its backups and history. */
  private async storedState(): Promise<string> {
    const { env, directory } = this.workspace;
    if (env["PULUMI_BACKEND_URL"]?.startsWith("file:") !== true)
      return JSON.stringify(await this.workspace.exportState());
    const entries = await readdir(path.join(directory, "state"), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    return (
      await Promise.all(files.map((file) => readFile(path.join(file.parentPath, file.name), "utf8")))
    ).join("\n");
  }

  /** Reads what the engine wrote into its folder of logs. */
  private async logs(): Promise<string> {
    const folder = path.join(this.workspace.directory, "home", "logs");
    const files = await readdir(folder);
    return (await Promise.all(files.map((file) => readFile(path.join(folder, file), "utf8")))).join("\n");
  }

  /** What exists at the vendor: tenant names, each with its applications' ids. */
  existing(): Record<string, string[]> {
    return Object.fromEntries(
      this.sandbox.control
        .tenants()
        .map(({ name, applications }) => [name, applications.map(({ applicationId }) => applicationId)]),
    );
  }

  tenantId(name: string): string {
    const found = this.sandbox.control.tenants().find((tenant) => tenant.name === name);
    assert.ok(found, `no tenant ${name} at the vendor`);
    return found.tenantId;
  }

  /** Asserts that no credential is in the state, the journal, the engine's logs, or in anything that was printed. */
  async assertNoCredentials(): Promise<void> {
    const places = {
      state: await this.storedState(),
      output: this.printed.join("\n"),
      config: await readFile(this.workspace.configFile, "utf8"),
      journal: await this.journal(),
      "engine's logs": await this.logs(),
    };
    const secrets = this.sandbox.control.issuedSecrets();
    assert.ok(secrets.length > 0, "the sandbox issued no secret: there is nothing to search for");
    for (const [place, text] of Object.entries(places)) {
      for (const secret of secrets)
        assert.ok(!text.includes(secret), `a credential stands in the ${place} in plain text`);
      assert.ok(
        !/BEGIN (RSA |EC )?PRIVATE KEY/.test(text),
        `a private key stands in the ${place} in plain text`,
      );
    }
  }

  /** Asserts that no credential was shown or stored, where any was issued, and removes the stack. */
  async finish(): Promise<void> {
    try {
      if (this.sandbox.control.issuedSecrets().length > 0) await this.assertNoCredentials();
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    this.aws.destroy();
    await this.sandbox.close();
    await this.workspace.remove();
  }
}

/** One that was just found may have ended by itself, or with its parent. */
export function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
