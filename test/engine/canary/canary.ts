import { strict as assert } from "node:assert";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";

import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";

import type { ProcessResult } from "../../../sandbox/process";
import { repositoryRoot, type StackOptions, StackUnderTest } from "../engine";
import { type Credential, type Leak, type Needle, needlesOf, search } from "./needles";
import { searchFolder, watch } from "./watch";

/** What a command under watch did. */
export interface Watched extends ProcessResult {
  leaks: Leak[];
  /** The programs that ran meanwhile. */
  programs: ReadonlySet<string>;
}

const passphrase = "canary-of-the-passphrase";
const awsSecretKey = "canaryOfTheAwsSecretAccessKey";
const awsSessionToken = "canaryOfTheAwsSessionToken";

/** The folders into which a crash of the engine, the program or a provider would write. */
function workingFoldersOf(projectDir: string): string[] {
  return [projectDir, path.join(projectDir, "stacks")].filter((folder) => existsSync(folder));
}

/**
 * A stack whose every credential is searched for: in what a command prints, in all files that it leaves or had for a
 * moment, and in the arguments of all processes.
 */
export class Canary {
  /** What the stack keeps of credentials beside those that the vendor or AWS can tell. */
  readonly planted: Credential[] = [];
  private readonly stored = new Map<string, Credential>();
  private readonly before: string[];

  private constructor(
    readonly stack: StackUnderTest,
    /** The folder of temporary files of all that is run. */
    readonly temporary: string,
    private readonly workingFolders: readonly string[],
  ) {
    this.before = namesIn(workingFolders);
  }

  static async create(options: StackOptions = {}): Promise<Canary> {
    const env = {
      PULUMI_CONFIG_PASSPHRASE: passphrase,
      AWS_SECRET_ACCESS_KEY: awsSecretKey,
      AWS_SESSION_TOKEN: awsSessionToken,
      ...options.env,
    };
    const stack = await StackUnderTest.create({ ...options, env });
    const temporary = path.join(stack.workspace.directory, "tmp");
    await mkdir(temporary);
    return new Canary(stack, temporary, workingFoldersOf(options.projectDir ?? repositoryRoot));
  }

  /** Runs a `pulumi` command, whatever its exit code, and searches for credentials. */
  async run(args: readonly string[], env: Record<string, string | undefined> = {}): Promise<Watched> {
    return this.watching(() => this.stack.workspace.run(args, { env: { TMPDIR: this.temporary, ...env } }));
  }

  /** Runs a command of the project's own command line, whatever its exit code, and searches for credentials. */
  async tenants(args: readonly string[], env: Record<string, string | undefined> = {}): Promise<Watched> {
    return this.watching(() => this.stack.tenantsWith({ TMPDIR: this.temporary, ...env }, ...args));
  }

  /** Searches for credentials while something runs, and in what it left. */
  async watching(run: () => Promise<ProcessResult>): Promise<Watched> {
    const watched = watch(this.temporary, () => this.needles());
    let result: ProcessResult | undefined;
    try {
      result = await run();
    } finally {
      // A credential that this run has stored is known only now; what was seen meanwhile is searched last.
      await this.learnStoredCredentials();
    }
    const leaks = [
      ...watched.end(),
      ...search(result.stdout, "standard output", this.needles()),
      ...search(result.stderr, "standard error", this.needles()),
      ...searchFolder(this.stack.workspace.directory, this.needles()),
    ];
    return { ...result, leaks, programs: watched.programs };
  }

  /** Gives the name of a file that a command may write, in the folder that is searched. */
  file(name: string): string {
    return path.join(this.stack.workspace.directory, name);
  }

  /** Writes a file that the next search must find, where its text is a credential. */
  plant(name: string, text: string): void {
    writeFileSync(path.join(this.temporary, name), text);
  }

  /** Deletes files, and what is in folders. */
  async clear(...paths: readonly string[]): Promise<void> {
    for (const one of paths) {
      await rm(one, { recursive: true, force: true });
      if (one === this.temporary) await mkdir(one);
    }
  }

  /** The credentials that are known now: of the organization, of all applications, of this run. */
  credentials(): Credential[] {
    return [
      { name: "the organization's key", value: this.stack.sandbox.privateKeyPem },
      { name: "the passphrase", value: passphrase },
      { name: "the AWS secret key", value: awsSecretKey },
      { name: "the AWS session token", value: awsSessionToken },
      ...this.stack.sandbox.control
        .issuedSecrets()
        .map((value, index) => ({ name: `client secret, token or assertion ${index}`, value })),
      ...this.stored.values(),
      ...this.planted,
    ];
  }

  /** The private keys that were stored in Secrets Manager so far. */
  storedKeys(): Credential[] {
    return [...this.stored.values()].filter(({ value }) => value.includes("PRIVATE KEY"));
  }

  /** Asserts that nothing appeared where crash reports, core dumps and snapshots of memory are written. */
  assertNoDumps(): void {
    assert.deepEqual(namesIn(this.workingFolders), this.before);
  }

  async close(): Promise<void> {
    await this.stack.close();
  }

  private needles(): Needle[] {
    return needlesOf(this.credentials());
  }

  private async learnStoredCredentials(): Promise<void> {
    for (const name of await this.stack.listSecrets({ includePlannedDeletion: false })) {
      const command = new GetSecretValueCommand({ SecretId: name });
      const { SecretString } = await this.stack.aws.send(command).catch(() => ({ SecretString: undefined }));
      const stored = JSON.parse(SecretString ?? "{}") as Record<string, unknown>;
      for (const field of ["client_secret", "private_key"]) {
        const value = stored[field];
        if (typeof value === "string") this.stored.set(value, { name: `${field} of ${name}`, value });
      }
    }
  }
}

/** Asserts that a command succeeded and gave no credential away. */
export function assertClean(what: string, { exitCode, stdout, stderr, leaks }: Watched): void {
  assert.deepEqual(summaryOf(leaks), [], what);
  assert.equal(exitCode, 0, `${what}:\n${stdout}\n${stderr}`);
}

/** Tells each leak once, without a credential. */
export function summaryOf(leaks: readonly Leak[]): string[] {
  return [...new Set(leaks.map(({ credential, form, where }) => `${credential}, ${form}, in ${where}`))];
}

function namesIn(folders: readonly string[]): string[] {
  return folders.flatMap((folder) => readdirSync(folder).map((name) => path.join(folder, name)));
}
