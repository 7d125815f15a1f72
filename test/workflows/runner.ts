import { strict as assert } from "node:assert";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { type ProcessResult, runProcess, runToSuccess } from "../../sandbox/process";
import type { StackUnderTest } from "../engine/engine";
import { copyProject } from "../support/project-copy";
import { readWorkflow, stepOf } from "./workflow";

/** What GitHub would put in the place of an expression. */
export type Expressions = Readonly<Record<string, string>>;

/** What a step did. */
export interface StepResult extends ProcessResult {
  /** What it wrote to `GITHUB_OUTPUT`. */
  outputs: Readonly<Record<string, string>>;
}

/** Puts the fake `gh` into a folder that stands first on the PATH. */
export async function installFakeGh(folder: string): Promise<void> {
  const program = path.join(__dirname, "fake-gh.js");
  await writeFile(path.join(folder, "gh"), `#!/bin/sh\nexec node '${program}' "$@"\n`, { mode: 0o755 });
}

/** A checkout in which the steps of the workflows run, against the stack under test. */
export class Runner {
  /** What a job has in its environment beside the workflow's own. */
  readonly env: Record<string, string> = {};

  private constructor(
    private readonly stack: StackUnderTest,
    readonly checkout: string,
    /** `RUNNER_TEMP`. */
    readonly temp: string,
  ) {}

  /** Makes a git repository of the project as it stands, with the stack's own configuration as `Pulumi.dev.yaml`. */
  static async create(stack: StackUnderTest): Promise<Runner> {
    const { directory } = stack.workspace;
    const runner = new Runner(stack, path.join(directory, "checkout"), path.join(directory, "runner"));
    await mkdir(path.join(runner.temp, "bin"), { recursive: true });
    await copyProject(runner.checkout);
    await installFakeGh(path.join(runner.temp, "bin"));
    await runner.git("init", "--quiet", "--initial-branch", "main");
    await runner.commit(await readFile(stack.workspace.configFile, "utf8"));
    return runner;
  }

  /**
   * Commits a configuration of the stack on the branch that is checked out, and gives the commit.
   *
   * @param customers the files in `customers/`, by name
   */
  async commit(configuration: string, customers: Readonly<Record<string, string>> = {}): Promise<string> {
    await writeFile(path.join(this.checkout, "Pulumi.dev.yaml"), configuration);
    const folder = path.join(this.checkout, "customers");
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    await Promise.all(
      Object.entries(customers).map(([file, text]) => writeFile(path.join(folder, file), text)),
    );
    await this.git("add", "--all", "Pulumi.dev.yaml", ".github", "customers");
    await this.git(
      "-c",
      "user.name=test",
      "-c",
      "user.email=test@localhost",
      "commit",
      "--quiet",
      "--message",
      "change",
    );
    return (await this.git("rev-parse", "HEAD")).trim();
  }

  /** Commits a configuration on a branch of its own, as a pull request does, and goes back to main. */
  async propose(...proposed: Parameters<Runner["commit"]>): Promise<string> {
    await this.git("checkout", "--quiet", "-B", "proposal", "main");
    const commit = await this.commit(...proposed);
    await this.git("checkout", "--quiet", "main");
    return commit;
  }

  /** The file of GitHub's deployments: see fake-gh.js. */
  get deployments(): string {
    return path.join(this.temp, "deployments.json");
  }

  git(...args: string[]): Promise<string> {
    return runToSuccess("git", args, { cwd: this.checkout });
  }

  /** Runs a step's script as a runner does, whatever its exit code. */
  async step(
    file: string,
    job: string,
    name: string,
    expressions: Expressions = {},
    cwd = this.checkout,
  ): Promise<StepResult> {
    const { run, env } = stepOf(await readWorkflow(file), job, name);
    const script = path.join(this.temp, "script.sh");
    await writeFile(script, run);
    await writeFile(path.join(this.temp, "output"), "");
    const result = await runProcess("bash", ["--noprofile", "--norc", "-e", script], {
      cwd,
      env: this.environment(env, expressions),
    });
    this.stack.printed.push(result.stdout, result.stderr);
    return { ...result, outputs: toOutputs(await this.read("output")) };
  }

  /** Runs a step that must succeed. */
  async succeed(...args: Parameters<Runner["step"]>): Promise<string> {
    const [file, job, name] = args;
    const { exitCode, stdout, stderr } = await this.step(...args);
    assert.equal(exitCode, 0, `${file}, ${job}, ${name}:\n${stdout}\n${stderr}`);
    return stdout + stderr;
  }

  /** Reads a file of `RUNNER_TEMP`. */
  read(file: string): Promise<string> {
    return readFile(path.join(this.temp, file), "utf8");
  }

  private environment(env: Record<string, string>, expressions: Expressions): NodeJS.ProcessEnv {
    const engine = { ...this.stack.workspace.env };
    // The stack is the workflow's business, and its configuration the checkout's.
    delete engine["PULUMI_OPTION_CONFIG_FILE"];
    delete engine["PULUMI_OPTION_STACK"];
    const known: Expressions = {
      "vars.PULUMI_BACKEND_URL": engine["PULUMI_BACKEND_URL"] ?? "",
      "github.token": "no-token",
      "github.repository": "partner/tenants",
      "inputs.stack": "dev",
      "inputs.program": "main",
      "inputs.program == 'main' && '.' || 'pull-request'": ".",
      "inputs.only-rotations && '--only-rotations' || ''": "",
      "inputs.only-rotations && 'rotate' || 'up'": "up",
      "matrix.stack": "dev",
      ...expressions,
    };
    const filled = Object.entries(env).map(([name, value]): [string, string] => [name, fill(value, known)]);
    return {
      ...process.env,
      ...engine,
      PATH: `${path.join(this.temp, "bin")}${path.delimiter}${engine["PATH"] ?? ""}`,
      RUNNER_TEMP: this.temp,
      GITHUB_OUTPUT: path.join(this.temp, "output"),
      GITHUB_STEP_SUMMARY: path.join(this.temp, "step-summary.md"),
      GITHUB_SERVER_URL: "https://github.com",
      GITHUB_REPOSITORY: "partner/tenants",
      GITHUB_RUN_ID: "1",
      GH_RECORD: path.join(this.temp, "gh"),
      GH_DEPLOYMENTS: this.deployments,
      ...this.env,
      ...Object.fromEntries(filled),
      // The language host that is built here cannot start a pack from its own folder: test/engine/policy.test.ts runs it.
      PULUMI_OPTION_POLICY_PACK: undefined,
      PULUMI_OPTION_POLICY_PACK_CONFIG: undefined,
    };
  }
}

function toOutputs(text: string): Record<string, string> {
  const lines = text.split("\n").filter((line) => line !== "");
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

function fill(text: string, known: Expressions): string {
  return text.replace(/\$\{\{ (.*?) \}\}/g, (_all: string, expression: string): string => {
    const value = known[expression];
    assert.ok(value !== undefined, `nothing is known of ${expression}`);
    return value;
  });
}
