import { strict as assert } from "node:assert";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";

import { parse, stringify } from "yaml";

import { proveToken } from "../../sandbox/start/proof";
import { acme } from "../engine/customers";
import { StackUnderTest } from "../engine/engine";
import { exhaustiveTag } from "../suites";
import { mentioning, mentions } from "../support/mentions";
import { type Expressions, Runner, type StepResult } from "./runner";

const file = "stack-up.yml";
const names = {
  recheck: "Refuse a change since the review",
  sameFile: "Refuse a different plan",
};

/** The two workflows that call stack-up.yml. */
type Kind = "up" | "rotate";

interface Planned {
  sha: string;
  unapproved: boolean;
  /** The exit code of the plan's step. */
  exitCode: number;
  digest: string;
  planSha256: string;
}

/** GitHub, AWS's clock and the reviewers, around the scripts of `stack-up.yml`. */
class Calendar {
  private readonly deployments: Array<Record<string, unknown>> = [];

  private constructor(
    readonly stack: StackUnderTest,
    readonly runner: Runner,
  ) {}

  static async create(stack: StackUnderTest): Promise<Calendar> {
    const runner = await Runner.create(stack);
    // Nothing but the apply job has the organization's key.
    delete (stack.workspace.env as Record<string, string>)["TENANTS_PRIVATE_KEY"];
    return new Calendar(stack, runner);
  }

  /** Runs a workflow on a day, and tells what its apply job did. */
  async run(kind: Kind, day: number): Promise<"applied" | "nothing to do" | "refused"> {
    const planned = await this.plan(kind, day);
    if (planned.exitCode !== 0) return "refused";
    if (planned.digest === "none" && !(kind === "up" && planned.unapproved)) return "nothing to do";
    for (const step of ["sameFile", "recheck", "apply"] as const) {
      const { exitCode, stdout, stderr } = await this[step](kind, planned);
      assert.equal(exitCode, 0, `${step} on day ${day}:\n${stdout}${stderr}`);
    }
    await this.deployed(`${kind}-dev`, planned.sha);
    return "applied";
  }

  /** Runs the jobs `commit` and `plan`. */
  async plan(kind: Kind, day: number): Promise<Planned> {
    this.runner.env["TENANTS_NOW"] = new Date(Date.UTC(2026, 0, 1 + day, 4)).toISOString();
    await this.runner.git("checkout", "--quiet", "--force", "main");
    this.runner.env["GITHUB_SHA"] = (await this.runner.git("rev-parse", "HEAD")).trim();
    const commit = await this.step(kind, "commit", "Find the commit");
    assert.equal(commit.exitCode, 0, commit.stderr);
    const { sha = "", unapproved } = commit.outputs;
    await this.runner.git("checkout", "--quiet", "--force", "--detach", sha);
    const { exitCode, outputs } = await this.step(kind, "plan", "Plan");
    const { digest = "", "plan-sha256": planSha256 = "" } = outputs;
    return { sha, unapproved: unapproved === "true", exitCode, digest, planSha256 };
  }

  sameFile(kind: Kind, { planSha256 }: Planned): Promise<StepResult> {
    return this.step(kind, "apply", names.sameFile, { "needs.plan.outputs.plan-sha256": planSha256 });
  }

  recheck(kind: Kind, { digest }: Planned): Promise<StepResult> {
    return this.step(kind, "apply", names.recheck, { "needs.plan.outputs.digest": digest });
  }

  async apply(kind: Kind): Promise<StepResult> {
    this.runner.env["TENANTS_PRIVATE_KEY"] = this.stack.sandbox.privateKeyPem;
    try {
      return await this.step(kind, "apply", "Apply the plan", { "inputs.reason": `the workflow ${kind}` });
    } finally {
      delete this.runner.env["TENANTS_PRIVATE_KEY"];
    }
  }

  private step(kind: Kind, job: string, name: string, expressions: Expressions = {}): Promise<StepResult> {
    const only = kind === "rotate";
    return this.runner.step(file, job, name, {
      "inputs.only-rotations && '--only-rotations' || ''": only ? "--only-rotations" : "",
      "inputs.only-rotations && 'rotate' || 'up'": kind,
      ...expressions,
    });
  }

  private async deployed(environment: string, sha: string): Promise<void> {
    const id = this.deployments.length + 1;
    const statuses = [{ id, state: "success", created_at: "2026-01-01T00:00:00Z" }];
    this.deployments.unshift({ id, sha, environment, created_at: "2026-01-01T00:00:00Z", statuses });
    await writeFile(this.runner.deployments, JSON.stringify(this.deployments));
  }

  /** The applications that exist at the vendor, oldest first. */
  get existing(): string[] {
    return this.stack.existing()["acme"] ?? [];
  }

  /** Reads what a client reads. */
  async stored(purpose = "default"): Promise<Record<string, unknown>> {
    return this.stack.storedSecret(`${this.stack.secretPrefix}/testing/acme/eu-1/${purpose}`);
  }
}

for (const isWholeYear of [false, true]) {
  const time = isWholeYear ? `a year ${exhaustiveTag}` : "a hundred days";
  describe(`${time} of the workflows up and rotate, unattended`, function () {
    // A run of a workflow starts the engine up to three times.
    this.timeout(900_000);

    let calendar: Calendar;
    let configuration: (customers: unknown[]) => string;
    const customer = {
      ...acme,
      applications: [{ cell: "eu-1" }, { cell: "eu-1", purpose: "signed", authMethod: "EC" }],
    };
    const hooli = { name: "hooli", customerId: "CRM-2001", cells: ["eu-1"] };

    before(async () => {
      const stack = await StackUnderTest.create({
        customers: [customer],
        config: { "tenants:rotation": { every: "90d", overlap: "7d" } },
      });
      calendar = await Calendar.create(stack);
      const text = await readFile(path.join(calendar.runner.checkout, "Pulumi.dev.yaml"), "utf8");
      const file = parse(text) as { config: Record<string, unknown> };
      configuration = (customers) =>
        stringify({ ...file, config: { ...file.config, "tenants:customers": customers } });
    });
    after(async () => {
      await calendar.stack.finish();
    });

    const requests = () =>
      Object.values(calendar.stack.sandbox.control.requests()).reduce((sum, count) => sum + count, 0);

    it("day 0: nothing rotates before the first approval; then what was merged is applied", async () => {
      await assert.rejects(calendar.run("rotate", 0), mentioning("gh workflow run up.yml", "up-dev"));
      assert.equal(await calendar.run("up", 0), "applied");
      assert.equal(calendar.existing.length, 2);
      await proveToken(await calendar.stored());
      assert.equal(await calendar.run("up", 0), "nothing to do");
    });

    if (isWholeYear)
      it("day 89: nothing is due, nothing is done, no one is asked", async () => {
        calendar.stack.sandbox.control.resetRequests();
        assert.equal(await calendar.run("rotate", 89), "nothing to do");
        assert.equal((await calendar.plan("rotate", 89)).digest, "none");
        assert.equal(requests(), 0);
      });

    let first: Record<string, unknown>;

    it("day 91: rotates each application, and both credentials work", async () => {
      first = await calendar.stored();
      const before = calendar.existing;
      assert.equal(await calendar.run("rotate", 91), "applied");
      assert.deepEqual(calendar.existing.slice(0, 2), before);
      assert.equal(calendar.existing.length, 4);
      const second = await calendar.stored();
      assert.notEqual(second["client_id"], first["client_id"]);
      for (const value of [first, second, await calendar.stored("signed")]) await proveToken(value);
      assert.equal(await calendar.run("rotate", 92), "nothing to do");
      assert.match(await calendar.stack.journal(), /"reason":"[^"]*\brotate\b/);
    });

    it("day 99: deletes what was rotated, and a stranger's plan is not applied", async () => {
      const [old, current] = [calendar.existing.slice(0, 2), calendar.existing.slice(2)];
      const planned = await calendar.plan("rotate", 99);
      const plan = path.join(calendar.runner.temp, "plan", "plan.json");
      const made = await readFile(plan, "utf8");
      await writeFile(plan, made.replace(/\n?$/, " \n"));
      assert.equal((await calendar.sameFile("rotate", planned)).exitCode, 1);
      assert.equal((await calendar.sameFile("rotate", { ...planned, planSha256: "" })).exitCode, 1);
      await writeFile(plan, made);
      assert.equal(calendar.existing.length, old.length + current.length);

      assert.equal(await calendar.run("rotate", 99), "applied");
      assert.deepEqual(calendar.existing, current);
      await assert.rejects(proveToken(first));
      await proveToken(await calendar.stored());
    });

    if (!isWholeYear) return;

    it("day 181: rotates again, while what was merged waits for its approval", async () => {
      await calendar.runner.git("checkout", "--quiet", "--force", "main");
      await calendar.runner.commit(configuration([customer, hooli]));
      assert.equal(await calendar.run("rotate", 181), "applied");
      assert.deepEqual([calendar.existing.length, Object.keys(calendar.stack.existing())], [4, ["acme"]]);
    });

    it("day 189: refuses what was not approved, and changes nothing", async () => {
      const before = calendar.existing;
      // As if somebody had approved it: a retirement is due, and a customer is new.
      await calendar.runner.git("checkout", "--quiet", "--force", "main");
      const only = { "inputs.only-rotations && '--only-rotations' || ''": "--only-rotations" };
      const plan = await calendar.runner.step(file, "plan", "Plan", only);
      assert.deepEqual([plan.exitCode, plan.outputs], [3, {}]);
      mentions(plan.stderr, "hooli");
      assert.deepEqual(calendar.stack.existing(), { acme: before });

      assert.equal(await calendar.run("rotate", 189), "applied");
      assert.deepEqual(calendar.stack.existing(), { acme: before.slice(2) });
    });

    it("day 190: applies it once it is approved, and rotations run that commit from then on", async () => {
      assert.equal(await calendar.run("up", 190), "applied");
      assert.deepEqual(Object.keys(calendar.stack.existing()).sort(), ["acme", "hooli"]);
      assert.equal(await calendar.run("rotate", 190), "nothing to do");
    });

    it("day 271: a plan that was done in the meantime is refused", async () => {
      const stale = await calendar.plan("rotate", 271);
      const file = path.join(calendar.runner.temp, "plan", "plan.json");
      const plan = await readFile(file, "utf8");
      assert.equal(await calendar.run("rotate", 271), "applied");
      const rotated = calendar.existing;
      assert.equal(rotated.length, 4);
      await writeFile(file, plan);
      assert.equal((await calendar.sameFile("rotate", stale)).exitCode, 0);
      assert.equal((await calendar.recheck("rotate", stale)).exitCode, 3);
      assert.deepEqual(calendar.existing, rotated);
    });

    it("day 280: hooli's own 90 days are over, and acme's are not", async () => {
      assert.equal(await calendar.run("rotate", 280), "applied");
      assert.deepEqual([calendar.existing.length, calendar.stack.existing()["hooli"]?.length], [2, 2]);
    });
  });
}
