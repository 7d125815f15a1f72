import { strict as assert } from "node:assert";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { runProcess, runToSuccess } from "../../sandbox/process";
import { repositoryRoot } from "../engine/engine";
import { mentions } from "../support/mentions";
import { installFakeGh } from "./runner";

const script = path.join(repositoryRoot, ".github/scripts/approved-commit.mjs");

interface Deployment {
  id: number;
  sha: string;
  environment: string;
  created_at: string;
  task?: string;
  creator?: { login: string; type: string };
  performed_via_github_app?: { slug: string } | null;
  statuses: Array<{
    id: number;
    state: string;
    created_at: string;
    performed_via_github_app?: { slug: string } | null;
  }>;
}

/** A deployment of a day; its statuses oldest first. */
function deployment(
  day: number,
  sha: string,
  states: readonly string[],
  environment = "up-prod",
): Deployment {
  const at = (hour: number): string => new Date(Date.UTC(2026, 0, day, hour)).toISOString();
  const statuses = states.map((state, hour) => ({ id: day * 100 + hour, state, created_at: at(hour) }));
  return { id: day, sha, environment, created_at: at(0), statuses: statuses.reverse() };
}

const succeeded = ["in_progress", "success"];
const failed = ["in_progress", "failure"];

describe("the commit that was approved last", () => {
  let folder: string;
  /** The main branch's commits, oldest first; the last one is checked out. */
  let main: string[];
  let elsewhere: string;

  const git = (...args: string[]) =>
    runToSuccess("git", ["-c", "user.name=test", "-c", "user.email=test@localhost", ...args], {
      cwd: path.join(folder, "checkout"),
    });

  async function commit(file: string): Promise<string> {
    await writeFile(path.join(folder, "checkout", file), String(Math.random()));
    await git("add", ".");
    await git("commit", "--quiet", "--message", "change");
    return (await git("rev-parse", "HEAD")).trim();
  }

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "approved-commit-"));
    await mkdir(path.join(folder, "checkout"));
    await mkdir(path.join(folder, "bin"));
    await installFakeGh(path.join(folder, "bin"));
    await git("init", "--quiet", "--initial-branch", "main");
    const first = await commit("Pulumi.prod.yaml");
    await git("checkout", "--quiet", "-b", "other");
    elsewhere = await commit("other");
    await git("checkout", "--quiet", "main");
    main = [first, await commit("Pulumi.prod.yaml"), await commit("program.ts"), await commit("README.md")];
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  /** Runs the script as a job does, at the newest commit of main. */
  async function find(answer: readonly Deployment[] | string, kind = "rotate", stack = "prod") {
    const [output, deployments] = ["output", "deployments.json"].map((name) => path.join(folder, name));
    await writeFile(deployments!, typeof answer === "string" ? answer : JSON.stringify(answer));
    await writeFile(output!, "");
    const { exitCode, stderr } = await runProcess(process.execPath, [script, kind, stack], {
      cwd: path.join(folder, "checkout"),
      env: {
        ...process.env,
        PATH: `${path.join(folder, "bin")}${path.delimiter}${process.env["PATH"] ?? ""}`,
        GITHUB_REPOSITORY: "partner/tenants",
        GITHUB_SHA: main.at(-1),
        GITHUB_OUTPUT: output,
        GH_DEPLOYMENTS: deployments,
        GH_RECORD: path.join(folder, "gh"),
      },
    });
    return { exitCode, stderr, output: await readFile(output!, "utf8") };
  }

  async function found(answer: readonly Deployment[], kind?: string): Promise<string> {
    const { exitCode, stderr, output } = await find(answer, kind);
    assert.equal(exitCode, 0, stderr);
    return output;
  }

  async function refused(
    answer: readonly Deployment[] | string,
    kind?: string,
    stack?: string,
  ): Promise<string> {
    const { exitCode, stderr, output } = await find(answer, kind, stack);
    assert.deepEqual([exitCode, output], [1, ""]);
    return stderr;
  }

  it("is that of the newest successful deployment, whether or not later ones failed", async () => {
    const deployments = [
      deployment(9, main[3]!, ["waiting"]),
      deployment(8, main[3]!, failed),
      deployment(7, main[3]!, ["waiting", "in_progress", "error"]),
      deployment(6, main[3]!, []),
      deployment(5, main[1]!, succeeded),
      deployment(4, main[2]!, [...succeeded, "inactive"]),
    ];
    assert.equal(await found(deployments), `sha=${main[1]!}\nunapproved=false\n`);
    assert.equal(await found(deployments, "drift"), `sha=${main[1]!}\nunapproved=false\n`);
    assert.equal(await found([...deployments].reverse()), `sha=${main[1]!}\nunapproved=false\n`);
  });

  it("counts a success that GitHub has marked inactive, and none that has failed since", async () => {
    const inactive = [...succeeded, "inactive", "inactive"];
    assert.match(await found([deployment(3, main[1]!, inactive)]), new RegExp(`^sha=${main[1]!}$`, "m"));
    const undone = [deployment(3, main[2]!, [...succeeded, "failure"]), deployment(2, main[0]!, inactive)];
    assert.match(await found(undone), new RegExp(`^sha=${main[0]!}$`, "m"));
  });

  it("is looked for on every page of deployments and of statuses", async () => {
    const many = Array.from({ length: 101 }, (_, index) => ({
      ...deployment(300 - index, main[3]!, succeeded),
      task: "deploy:migrations",
    }));
    const repeated = [...succeeded, ...Array.from({ length: 130 }, () => "inactive")];
    assert.match(
      await found([...many, deployment(2, main[0]!, repeated)]),
      new RegExp(`^sha=${main[0]!}$`, "m"),
    );
  });

  it("is not that of another stack's environment, or of a rotation", async () => {
    const others = [
      deployment(9, main[3]!, succeeded, "rotate-prod"),
      deployment(8, main[3]!, succeeded, "up-dev"),
      deployment(7, main[3]!, succeeded, "up-prod-eu"),
    ];
    assert.match(await refused(others), /up\.yml/);
    assert.match(await found([...others, deployment(2, main[1]!, succeeded)]), new RegExp(main[1]!));
  });

  it("is of no other task, and of no other app than Actions", async () => {
    const own = deployment(2, main[1]!, succeeded);
    const person = { login: "someone", type: "User" };
    for (const foreign of [
      { task: "deploy:migrations" },
      { performed_via_github_app: { slug: "another" }, creator: person },
      { performed_via_github_app: null, creator: { login: "another[bot]", type: "Bot" } },
    ]) {
      const other = { ...deployment(9, main[3]!, succeeded), ...foreign };
      assert.match(await found([other, own]), new RegExp(main[1]!), JSON.stringify(foreign));
      assert.match(await refused([other]), /gh workflow run up\.yml/);
    }
    const waiting = deployment(9, main[3]!, ["waiting", "success"]);
    waiting.statuses[0]!.performed_via_github_app = { slug: "another" };
    assert.match(await found([waiting, own]), new RegExp(main[1]!));
  });

  it("is one by a job of Actions, even if newer ones were written by the API, on any page", async () => {
    const app = { slug: "github-actions" };
    const person = { login: "someone", type: "User" };
    const approved = {
      ...deployment(2, main[1]!, succeeded),
      performed_via_github_app: app,
      creator: person,
    };
    const written = Array.from({ length: 101 }, (_, index) => ({
      ...deployment(300 - index, main[3]!, succeeded),
      performed_via_github_app: null,
      creator: person,
    }));
    assert.match(await found([...written, approved]), new RegExp(main[1]!));
  });

  it("stops if nothing was approved, and says what to do", async () => {
    for (const kind of ["rotate", "drift"]) {
      mentions(await refused([], kind), "gh workflow run up.yml", "up-prod");
    }
    assert.match(await refused([deployment(3, main[3]!, failed)]), /gh workflow run up\.yml/);
  });

  it("stops if it is not on the main branch", async () => {
    mentions(await refused([deployment(3, elsewhere, succeeded)]), elsewhere);
    const unknown = "0".repeat(40);
    mentions(await refused([deployment(3, unknown, succeeded)]), unknown);
  });

  it("accepts only a commit, and prints no answer as a command", async () => {
    const hostile = [
      "",
      "main",
      "HEAD",
      `${main[1]!}\nunapproved=false`,
      `--help`,
      main[1]!.slice(0, 12),
      "$(id)",
    ];
    for (const sha of hostile)
      await refused([deployment(3, sha, succeeded), deployment(2, main[0]!, succeeded)]);
    for (const answer of [
      "null",
      "{}",
      "<html>",
      "[null]",
      '[{"environment":"up-prod","id":"1/../2"}]',
      "[1]",
    ]) {
      assert.doesNotMatch(await refused(answer), /^::/m);
    }
    for (const stack of ["", "../x", "prod&environment=up-dev", "prod\nsha=x"])
      await refused([], "rotate", stack);
    await refused([deployment(3, main[0]!, succeeded)], "anything");
  });

  it("is not what an `up` runs, which reports whether its commit was approved", async () => {
    const pushed = main.at(-1)!;
    assert.equal(await found([], "up"), `sha=${pushed}\nunapproved=true\n`);
    assert.equal(await found([deployment(3, main[1]!, succeeded)], "up"), `sha=${pushed}\nunapproved=true\n`);
    assert.equal(
      await found([deployment(3, elsewhere, succeeded)], "up"),
      `sha=${pushed}\nunapproved=true\n`,
    );
    // From the third commit to the fourth the README alone has changed.
    assert.equal(
      await found([deployment(3, main[2]!, succeeded)], "up"),
      `sha=${pushed}\nunapproved=false\n`,
    );
  });
});
