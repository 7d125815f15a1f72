import { strict as assert } from "node:assert";
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

import { parse, stringify } from "yaml";

import { acme, globex } from "../engine/customers";
import { StackUnderTest } from "../engine/engine";
import { exhaustiveTag } from "../suites";
import { mentions } from "../support/mentions";
import { type Expressions, Runner } from "./runner";

const hooli = { name: "hooli", customerId: "CRM-2001", cells: ["eu-1"] };

/** What runs where a name gets into a script, or shows where it gets into a comment. */
const hostile =
  "$(touch pwned)`touch pwned`'\"; touch pwned #<script>alert(1)</script>|${{ github.token }}@everyone";

interface Configuration {
  config: Record<string, unknown>;
  [key: string]: unknown;
}

describe("the workflows of a pull request, on the sandbox", function () {
  // A step starts the engine or the command line up to four times.
  this.timeout(600_000);

  let stack: StackUnderTest;
  let runner: Runner;
  let reviewed: Configuration;

  before(async () => {
    stack = await StackUnderTest.create({ customers: [acme, globex] });
    await stack.up();
    runner = await Runner.create(stack);
    reviewed = parse(await readFile(stack.workspace.configFile, "utf8")) as Configuration;
    // Nothing but the apply job has the organization's key.
    delete (stack.workspace.env as Record<string, string>)["TENANTS_PRIVATE_KEY"];
    stack.sandbox.control.resetRequests();
  });
  after(async () => {
    await stack.finish();
  });

  const configuration = (customers: unknown, others: Record<string, unknown> = {}): string =>
    stringify({ ...reviewed, config: { ...reviewed.config, "tenants:customers": customers, ...others } });

  /** Returns what a comment says after its alert: what the preview did not take from the pull request. */
  const notTaken = (comment: string) => comment.split("[!IMPORTANT]\n")[1]?.split("\n")[0];

  const requests = () =>
    Object.values(stack.sandbox.control.requests()).reduce((sum, count) => sum + count, 0);

  async function preview(sha: string): Promise<number> {
    const take = "Take only the customers from the pull request";
    const taken = await runner.step("stack-preview.yml", "preview", take, { "inputs.head-sha": sha });
    if (taken.exitCode !== 0) return taken.exitCode;
    const { exitCode } = await runner.step("stack-preview.yml", "preview", "Preview");
    await runner.git("checkout", "--quiet", "--", "Pulumi.dev.yaml");
    return exitCode;
  }

  it("previews main's program with the pull request's customers, and names what it did not take", async () => {
    const sha = await runner.propose(
      configuration([acme, hooli], {
        "tenants:apiUrl": "https://elsewhere.example/v0",
        "aws:endpoints": [{ sts: "https://elsewhere.example" }],
        [hostile]: hostile,
      }),
    );
    assert.equal(await preview(sha), 0);
    const comment = await runner.read("comment/comment.md");
    assert.match(comment, /\| removed \| <code>globex<\/code> \| 1 \|/);
    assert.match(comment, /\| added \| <code>hooli<\/code> \| 1 \|/);
    mentions(notTaken(comment), "<code>tenants&#58;apiUrl</code>", "<code>aws&#58;endpoints</code>");
    for (const { tenantId, applications } of stack.sandbox.control.tenants()) {
      const values = [
        tenantId,
        ...applications.flatMap(({ applicationId, clientId }) => [applicationId, clientId]),
      ];
      for (const value of values) assert.ok(!comment.includes(value), "the comment holds an output's value");
    }
    assert.doesNotMatch(comment, /elsewhere|CRM-|<script|\$\(|`|@everyone|\$\{\{/);
    assert.equal(existsSync(path.join(runner.checkout, "pwned")), false);
    assert.equal(requests(), 0);
  });

  it("comments with what the preview job wrote, by gh alone", async () => {
    const folder = path.join(runner.temp, "comment-job");
    await mkdir(folder, { recursive: true });
    await cp(path.join(runner.temp, "comment"), path.join(folder, "comment"), { recursive: true });
    await runner.succeed(
      "stack-preview.yml",
      "comment",
      "Create or update the comment",
      { "inputs.pull-request": "7" },
      folder,
    );
    assert.match(
      await runner.read("gh"),
      /--method POST repos\/partner\/tenants\/issues\/7\/comments -F body=@body\.md/,
    );
    const body = await runner.read("gh.body");
    assert.ok(body.startsWith("<!-- preview dev main -->\n### "), body);
    mentions(body, "dev", "hooli");
  });

  it("does not run a hostile name, nor show it: such a preview fails", async () => {
    const sha = await runner.propose(configuration([acme, { ...hooli, name: hostile, owner: hostile }]));
    assert.notEqual(await preview(sha), 0);
    const comment = (await runner.read("comment/comment.md")).trimEnd();
    assert.equal(comment.split("\n").length, 1);
    mentions(comment, "dev", "https://github.com/partner/tenants/actions/runs/1");
    assert.equal(existsSync(path.join(runner.checkout, "pwned")), false);
  });

  it("decrypts nothing that a pull request copied from elsewhere", async () => {
    const sha = await runner.propose(configuration([{ ...acme, owner: { secure: "v1:copied:ciphertext" } }]));
    assert.notEqual(await preview(sha), 0);
    mentions(stack.printed.at(-1), "tenants:customers", "`secure`");
  });

  /** Tells what the workflow takes a commit for. */
  async function compare(sha: string): Promise<string | undefined> {
    const step = "Detect changed code";
    const expressions = { "github.event.workflow_run.head_sha": sha };
    const { outputs, exitCode } = await runner.step("preview-run.yml", "changes", step, expressions);
    assert.equal(exitCode, 0);
    return outputs["code"];
  }

  it("distinguishes a change of code from one of configuration", async () => {
    assert.equal(await compare(await runner.propose(configuration([acme]))), "false");
    await runner.git("checkout", "--quiet", "proposal");
    await runner.git("rm", "--quiet", "--cached", ".github/workflows/up.yml");
    await runner.git(
      "-c",
      "user.name=test",
      "-c",
      "user.email=test@localhost",
      "commit",
      "--quiet",
      "--message",
      "code",
    );
    const sha = (await runner.git("rev-parse", "HEAD")).trim();
    await runner.git("checkout", "--quiet", "--force", "main");
    assert.equal(await compare(sha), "true");
  });

  it("previews a pull request's files of customers, under main's pattern", async () => {
    const files = (pattern: string): string => configuration([acme], { "tenants:customersFrom": pattern });
    const before = (await runner.git("rev-parse", "HEAD")).trim();
    await runner.commit(files("customers/*.yaml"), { "globex.yaml": stringify(globex) });
    const others = { "hooli.yaml": stringify([hooli]), "late.yml": "name: not-of-main's-pattern" };
    const sha = await runner.propose(files("**/*.y?ml"), others);
    assert.equal(await compare(sha), "true", "late.yml is no customer of main's");
    assert.equal(
      await compare(await runner.propose(files("customers/*.yaml"), { "hooli.yaml": "" })),
      "false",
    );
    assert.equal(await preview(sha), 0);
    const comment = await runner.read("comment/comment.md");
    assert.match(comment, /\| removed \| <code>globex<\/code> \| 1 \|/);
    assert.match(comment, /\| added \| <code>hooli<\/code> \| 1 \|/);
    mentions(notTaken(comment), "<code>tenants&#58;customersFrom</code>");
    assert.equal(requests(), 0);
    await runner.git("reset", "--quiet", "--hard", before);
    await runner.git("clean", "--quiet", "--force", "customers");
  });

  describe("once it is merged", () => {
    const plan = async (expressions: Expressions = {}): Promise<{ exitCode: number; digest: string }> => {
      const { exitCode, outputs } = await runner.step("stack-up.yml", "plan", "Plan", expressions);
      return { exitCode, digest: outputs["digest"] ?? "" };
    };
    const recheck = (digest: string) =>
      runner.step("stack-up.yml", "apply", "Refuse a change since the review", {
        "needs.plan.outputs.digest": digest,
      });
    const apply = async () => {
      runner.env["TENANTS_PRIVATE_KEY"] = stack.sandbox.privateKeyPem;
      const event = path.join(runner.temp, "event.json");
      await writeFile(event, JSON.stringify({ head_commit: { message: `Add hooli ${hostile}` } }));
      runner.env["GITHUB_EVENT_PATH"] = event;
      return runner.step("stack-up.yml", "apply", "Apply the plan", { "inputs.reason": "" });
    };
    afterEach(() => {
      delete runner.env["TENANTS_PRIVATE_KEY"];
    });

    before(async () => {
      await runner.commit(configuration([acme, hooli]));
    });

    it("does not rotate if there is more to do", async () => {
      const only = { "inputs.only-rotations && '--only-rotations' || ''": "--only-rotations" };
      assert.equal((await plan(only)).exitCode, 3);
      mentions(stack.printed.at(-1), "hooli");
    });

    it("refuses to apply what was not reviewed, and the engine refuses it too", async () => {
      const { digest } = await plan();
      assert.match(digest, /^[0-9a-f]{32}$/);
      const planned = await runner.read("plan/plan.json");
      for (const secret of stack.sandbox.control.issuedSecrets()) assert.ok(!planned.includes(secret));
      await runner.commit(configuration([acme, hooli, { ...hooli, name: "late", customerId: "CRM-2002" }]));
      assert.equal((await recheck(digest)).exitCode, 3);
      mentions(stack.printed.at(-1), digest);
      const { exitCode, stdout, stderr } = await apply();
      assert.notEqual(exitCode, 0);
      assert.match(stdout + stderr, /late.*create is not allowed by the plan/s);
      assert.deepEqual(Object.keys(stack.existing()).sort(), ["acme", "globex"]);
      await runner.commit(configuration([acme, hooli]));
    });

    it("applies what was reviewed, and then there is nothing to do", async () => {
      const { digest } = await plan();
      assert.equal((await recheck(digest)).exitCode, 0);
      const { exitCode, stdout, stderr } = await apply();
      assert.equal(exitCode, 0, stdout + stderr);
      assert.deepEqual(Object.keys(stack.existing()).sort(), ["acme", "hooli"]);
      assert.equal(existsSync(path.join(runner.checkout, "pwned")), false);
      assert.deepEqual(await plan(), { exitCode: 0, digest: "none" });
    });

    it(`continues the plan if one customer fails, and ends with an error ${exhaustiveTag}`, async () => {
      // What was merged before is applied first, also where this test runs alone.
      if ((await plan()).digest !== "none") assert.equal((await apply()).exitCode, 0);
      const [initech, umbrella] = ["initech", "umbrella"].map((name) => ({
        ...hooli,
        name,
        customerId: name,
      }));
      await runner.commit(configuration([acme, hooli, initech, umbrella]));
      stack.sandbox.control.addFault({ operation: "createTenant", kind: "status", status: 422 });
      assert.equal((await recheck((await plan()).digest)).exitCode, 0);
      assert.notEqual((await apply()).exitCode, 0);
      const made = Object.keys(stack.existing()).filter((name) => ["initech", "umbrella"].includes(name));
      assert.equal(made.length, 1);
      assert.equal(stack.existing()[made[0]!]?.length, 1);

      assert.equal((await recheck((await plan()).digest)).exitCode, 0);
      const { exitCode, stdout, stderr } = await apply();
      assert.equal(exitCode, 0, stdout + stderr);
      assert.deepEqual(Object.keys(stack.existing()).sort(), ["acme", "hooli", "initech", "umbrella"]);
    });

    it("opens an issue only if reality drifts from the stack", async () => {
      runner.env["TENANTS_PRIVATE_KEY"] = stack.sandbox.privateKeyPem;
      await runner.succeed("stack-drift.yml", "look", "Look");
      assert.equal(existsSync(path.join(runner.temp, "drift", "dev.md")), false);
      const [lost] = stack.existing()["hooli"]!;
      stack.sandbox.control.deleteApplication(lost!);
      await runner.succeed("stack-drift.yml", "look", "Look");
      assert.match(
        await runner.read("drift/dev.md"),
        /\| removed \| application \| <code>hooli\/eu-1\/default<\/code> \|/,
      );
      await runner.succeed(
        "drift.yml",
        "issue",
        "Open or update an issue for each stack with drift",
        {},
        runner.temp,
      );
      assert.match(
        await runner.read("gh"),
        /issue create --title Drift in stack dev --label drift --body-file drift\/dev\.md/,
      );
    });
  });
});
