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
      "audit.yml",
      "ci.yml",
      "drift.yml",
      "preview-run.yml",
      "preview.yml",
      "rotate.yml",
      "stack-drift.yml",
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

  it("interpolate nothing into a script", () => {
    for (const [where, { run }] of steps) assert.doesNotMatch(run ?? "", /\$\{\{/, where);
  });

  it("print what changes, and not the outputs of every customer", () => {
    const commands = steps.flatMap(([, { run }]) =>
      (run ?? "")
        .replaceAll("\\\n", " ")
        .match(/\bpulumi (?:--cwd \S+ )?(?:preview|up|refresh|destroy)\b.*/g),
    );
    const found = commands.filter((command) => command !== null);
    assert.ok(found.length >= 5);
    for (const command of found) assert.match(command, /--suppress-outputs|--json/);
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
      "audit.yml audit": "contents:read",
      "ci.yml exhaustive": "contents:read",
      "ci.yml test": "contents:read",
      "preview.yml check": "contents:read",
      "preview-run.yml changes": "contents:read",
      "preview-run.yml preview": "contents:read id-token:write pull-requests:write",
      "preview-run.yml preview-code": "contents:read id-token:write pull-requests:write",
      "stack-preview.yml preview": "contents:read id-token:write",
      "stack-preview.yml comment": "pull-requests:write",
      "stack-up.yml commit": "contents:read deployments:read",
      "stack-up.yml plan": "contents:read id-token:write",
      "stack-up.yml apply": "contents:read id-token:write",
      "up.yml up": "contents:read deployments:read id-token:write",
      "rotate.yml rotate": "contents:read deployments:read id-token:write",
      "stack-drift.yml commit": "contents:read deployments:read",
      "stack-drift.yml look": "contents:read id-token:write",
      "drift.yml look": "contents:read deployments:read id-token:write",
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

  it("contain no secret", () => {
    assert.doesNotMatch(JSON.stringify([...workflows.values()]), /secrets\./);
  });

  it("run, with a right at AWS, the commit that a job without one found, and no other", () => {
    for (const file of ["stack-up.yml", "stack-drift.yml"]) {
      const { commit, ...others } = workflows.get(file)!.jobs;
      assert.equal(commit?.environment, undefined);
      assert.deepEqual(commit?.outputs["sha"], "${{ steps.find.outputs.sha }}");
      assert.match(commit.steps.at(-1)?.run ?? "", /^node \.github\/scripts\/approved-commit\.mjs /);
      // What is checked out there is the workflow's own commit, of the main branch, with the history that it is looked up in.
      assert.deepEqual(commit.steps[0]?.with, { "fetch-depth": "0", "persist-credentials": "false" });
      for (const [name, { needs, steps: its }] of Object.entries(others)) {
        assert.ok([needs].flat().includes("commit"), `${file} ${name}`);
        const [first] = its;
        assert.match(first?.uses ?? "", /^actions\/checkout@/);
        assert.equal(first?.with["ref"], "${{ needs.commit.outputs.sha }}", `${file} ${name}`);
        assert.equal(its.filter(({ uses }) => uses?.startsWith("actions/checkout@")).length, 1);
      }
    }
  });

  it("let no caller of the file that AWS trusts choose a commit or an environment", () => {
    for (const file of ["up.yml", "rotate.yml", "drift.yml"]) {
      for (const { uses, with: inputs } of Object.values(workflows.get(file)!.jobs)) {
        if (uses === undefined) continue;
        assert.deepEqual(
          Object.keys(inputs).filter((name) => !["stack", "reason", "only-rotations"].includes(name)),
          [],
        );
      }
    }
    const { environment } = workflows.get("stack-up.yml")!.jobs["apply"]!;
    assert.equal(environment, "${{ inputs.only-rotations && 'rotate' || 'up' }}-${{ inputs.stack }}");
  });

  it("compare the plan before they get a right at AWS, and apply it after a preview", () => {
    const { steps: its } = workflows.get("stack-up.yml")!.jobs["apply"]!;
    const at = (part: string) => its.findIndex(({ name, uses }) => (name ?? uses ?? "").includes(part));
    const order = [
      "download-artifact",
      "Refuse a different plan",
      "configure-aws",
      "Refuse a change since",
      "Apply",
    ];
    const places = order.map(at);
    assert.deepEqual(
      places,
      [...places].sort((one, other) => one - other),
    );
    assert.ok(!places.includes(-1));
    const apply = its.at(-1);
    assert.doesNotMatch(apply?.run ?? "", /--skip-preview/);
    assert.equal(apply?.env["PULUMI_CONTINUE_ON_ERROR"], "true");
  });

  it("show unchanged resources in each preview of an update, so that a rotation can be distinguished from something new", () => {
    const previews = steps.flatMap(
      ([, { run }]) => run?.match(/pulumi (?:--cwd \S+ )?preview [^>]*>/g) ?? [],
    );
    assert.equal(previews.length, 3);
    for (const preview of previews) assert.match(preview, /--json --show-sames/);
  });

  it("install no package but production's, and run no install script, where a credential may be", () => {
    const installs = steps.flatMap(([where, { run }]) =>
      (run?.match(/npm (?:ci|i|install)\b.*/g) ?? []).map((line) => [where, line]),
    );
    assert.deepEqual(installs, [
      [
        "set-up",
        "npm ci --omit=dev --ignore-scripts --omit=optional --include-workspace-root --workspace=provider --workspace=stacks --workspace=operations --workspace=policy",
      ],
      ["audit.yml", "npm ci --ignore-scripts"],
    ]);
    assert.ok(!steps.some(([, { uses }]) => uses?.startsWith("pulumi/")));
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

  it("set the allowed hosts wherever hosts are checked", () => {
    // These two read files that others wrote.
    const judges =
      /\bpulumi (?:--cwd \S+ )?(?:preview|up|refresh|destroy)\b|tenants -- (?!summary|merge-config)/;
    const judging = jobsOf().flatMap(({ where, job }) => {
      const { env = {} } = workflows.get(where.split(" ")[0]!) ?? {};
      return job.steps
        .filter(({ run }) => judges.test(run ?? ""))
        .map((step) => ({ where: `${where}: ${step.name ?? ""}`, env: { ...env, ...job.env, ...step.env } }));
    });
    assert.deepEqual(
      judging.map(({ where }) => where),
      [
        "preview-run.yml changes: Detect changed code",
        "preview.yml check: Check every stack's configuration",
        "stack-drift.yml look: Look",
        "stack-preview.yml preview: Preview",
        "stack-up.yml plan: Plan",
        "stack-up.yml apply: Refuse a change since the review",
        "stack-up.yml apply: Apply the plan",
      ],
    );
    for (const { where, env } of judging) {
      assert.equal(env["TENANTS_ALLOWED_HOSTS"], "${{ vars.TENANTS_ALLOWED_HOSTS }}", where);
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
