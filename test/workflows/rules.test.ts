import { strict as assert } from "node:assert";
import { existsSync } from "node:fs";
import path from "node:path";

import { repositoryRoot } from "../engine/engine";
import { readSetUp, readTexts, readWorkflows, type Workflow, type WorkflowStep } from "./workflow";

describe("the workflows", () => {
  let workflows: Map<string, Workflow>;
  let steps: Array<[where: string, step: WorkflowStep]>;

  before(async () => {
    workflows = await readWorkflows();
    steps = (await readSetUp()).map((step) => ["set-up", step]);
    for (const [file, { jobs }] of workflows) {
      for (const job of Object.values(jobs))
        steps.push(...job.steps.map((step) => [file, step] as [string, WorkflowStep]));
    }
  });

  const jobsOf = () =>
    [...workflows].flatMap(([file, { jobs }]) =>
      Object.entries(jobs).map(([name, job]) => ({ where: `${file} ${name}`, job })),
    );

  it("are all there", () => {
    const expected = [
      "ci.yml",
      "drift.yml",
      "preview-run.yml",
      "preview.yml",
      "rotate.yml",
      "stack-preview.yml",
      "stack-up.yml",
      "up.yml",
    ];
    assert.deepEqual([...workflows.keys()].sort(), expected);
    assert.ok(steps.filter(([, { run }]) => run !== undefined).length > 8);
  });

  it("pin every action by its commit, with the version beside it", async () => {
    const lines = (await readTexts()).flatMap((text) => text.match(/^.*\buses:.*$/gm) ?? []);
    const used = steps.filter(([, { uses }]) => uses !== undefined).length;
    const called = jobsOf().filter(({ job }) => job.uses !== undefined).length;
    assert.equal(lines.length, used + called);
    for (const line of lines.filter((each) => !each.includes("uses: ./"))) {
      assert.match(line, /uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
  });

  it("put nothing into a script but by its environment", () => {
    for (const [where, { run }] of steps) assert.doesNotMatch(run ?? "", /\$\{\{/, where);
  });

  it("give no right to a workflow as a whole, and each job its own", () => {
    for (const [file, { permissions }] of workflows) assert.deepEqual(permissions, {}, file);
    const rights = Object.fromEntries(
      jobsOf().map(({ where, job }) => [
        where,
        Object.entries(job.permissions ?? {})
          .map((right) => right.join(":"))
          .join(" "),
      ]),
    );
    assert.deepEqual(rights, {
      "ci.yml test": "contents:read",
      "preview.yml check": "contents:read",
      "preview-run.yml changes": "contents:read",
      "preview-run.yml preview": "contents:read id-token:write pull-requests:write",
      "preview-run.yml preview-code": "contents:read id-token:write pull-requests:write",
      "stack-preview.yml preview": "contents:read id-token:write",
      "stack-preview.yml comment": "pull-requests:write",
      "stack-up.yml plan": "contents:read id-token:write",
      "stack-up.yml apply": "contents:read id-token:write",
      "up.yml up": "contents:read id-token:write",
      "rotate.yml rotate": "contents:read id-token:write",
      "drift.yml look": "contents:read id-token:write",
      "drift.yml issue": "issues:write",
    });
  });

  it("let a job get AWS credentials only in a protected environment, and leave none in a checkout", () => {
    for (const { where, job } of jobsOf()) {
      const isCalled = job.uses !== undefined;
      if (job.permissions?.["id-token"] !== "write" || isCalled) continue;
      assert.ok(job.environment !== undefined, where);
    }
    for (const [where, step] of steps) {
      if (step.uses?.startsWith("actions/checkout@") === true)
        assert.equal(step.with["persist-credentials"], "false", where);
    }
  });

  it("run a pull request's own code without any right, and take what has rights from the main branch", () => {
    for (const [file, { on }] of workflows) {
      const events = typeof on === "string" ? [on] : Array.isArray(on) ? on : Object.keys(on);
      assert.ok(!events.includes("pull_request_target"), file);
      if (!events.includes("pull_request")) continue;
      for (const { where, job } of jobsOf().filter((each) => each.where.startsWith(`${file} `))) {
        assert.deepEqual(job.permissions, { contents: "read" }, where);
        assert.equal(job.environment, undefined, where);
        assert.doesNotMatch(JSON.stringify(job), /\bsecrets\b/, where);
      }
    }
  });

  it("know no secret of anybody's", () => {
    assert.doesNotMatch(JSON.stringify([...workflows.values()]), /secrets\./);
  });

  it("preview and update a stack by the policy pack", () => {
    const running = [...workflows].filter(([, { jobs }]) =>
      /pulumi (--cwd \S+ )?(preview|up) /.test(JSON.stringify(jobs)),
    );
    assert.deepEqual(running.map(([file]) => file).sort(), ["stack-preview.yml", "stack-up.yml"]);
    for (const [file, { env }] of running) {
      const expected = {
        PULUMI_OPTION_POLICY_PACK: "policy",
        PULUMI_OPTION_POLICY_PACK_CONFIG: "policy/production.json",
      };
      assert.deepEqual(env, expected, file);
      for (const file of ["PulumiPolicy.yaml", "production.json"])
        assert.ok(existsSync(path.join(repositoryRoot, expected.PULUMI_OPTION_POLICY_PACK, file)));
    }
  });

  it("run a stack's updates one at a time, rotations among them", () => {
    const groups = ["up.yml", "rotate.yml"].map(
      (file) => Object.values(workflows.get(file)!.jobs)[0]!.concurrency,
    );
    const expected = { group: "pulumi-${{ matrix.stack }}", "cancel-in-progress": false };
    assert.deepEqual(groups, [expected, expected]);
  });
});
