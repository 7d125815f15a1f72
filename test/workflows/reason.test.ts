import { strict as assert } from "node:assert";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { reasonSchema } from "../../provider/src/settings/reason";
import { runToSuccess } from "../../sandbox/process";
import { repositoryRoot } from "../engine/engine";
import { readWorkflow, stepOf } from "./workflow";

const pem = { type: "pkcs8", format: "pem" } as const;

describe("the reason that a workflow makes of a commit's message", () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "reason-"));
    const pulumi = '#!/bin/sh\nprintf %s "$TENANTS_REASON"\n';
    await writeFile(path.join(folder, "pulumi"), pulumi, { mode: 0o755 });
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  /** Runs the step as GitHub does after an event, with the reason that the calling workflow gives. */
  async function reasonFrom(event: object, given = ""): Promise<string> {
    const { run } = stepOf(await readWorkflow("stack-up.yml"), "apply", "Apply the plan");
    const eventFile = path.join(folder, "event.json");
    await writeFile(eventFile, JSON.stringify(event));
    return runToSuccess("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", run], {
      cwd: repositoryRoot,
      env: {
        ...process.env,
        PATH: [folder, process.env["PATH"]].join(path.delimiter),
        REASON: given,
        GITHUB_EVENT_PATH: eventFile,
        STACK: "prod",
        RUNNER_TEMP: folder,
      },
    });
  }

  const cases: Array<[message: string, reason: string | RegExp]> = [
    ["CRM-1042: acme\n\nA body.", "CRM-1042: acme"],
    ["CRM-1042:\tacme\u001b[2J goes live\r\nbody", "CRM-1042: acme [2J goes live"],
    ["\n \n\u200b\nCRM-1042", "CRM-1042"],
    ["in\u202edetrevni \u2067side\u2069", "in detrevni  side"],
    ["CRM-1: 👩‍💻 onboarding", "CRM-1: 👩‍💻 onboarding"],
    ["ä".repeat(250), "ä".repeat(200)],
    ["😀".repeat(600), "😀".repeat(200)],
    ["$(touch x) `id` \"'\\ %s", "$(touch x) `id` \"'\\ %s"],
    ["one\u2028two", "one"],
    ["-n", "-n"],
    ["", /^commit [0-9a-f]{40}$/],
    ["client_secret: 0jQKm_heHj4Ba7-IPXk1bZbnKvG5SV5B\n\nA body.", /^commit [0-9a-f]{40}$/],
    [
      `key: ${generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export(pem).toString()}`,
      /^commit [0-9a-f]{40}$/,
    ],
    ["\u2800\u200b", /^commit [0-9a-f]{40}$/],
    // More than Linux accepts in one environment variable.
    [`CRM-1042\n${"a line of the body\n".repeat(10_000)}`, "CRM-1042"],
  ];
  for (const [message, reason] of cases) {
    it(`is one that is accepted: ${JSON.stringify(message.slice(0, 30))}`, async () => {
      const given = await reasonFrom({ head_commit: { message } });
      if (typeof reason === "string") assert.equal(given, reason);
      else assert.match(given, reason);
      assert.equal(reasonSchema.parse(given), given);
    });
  }

  it("is that of the calling workflow, if it gives one, or that the run was started by hand", async () => {
    assert.equal(await reasonFrom({ head_commit: null }, "scheduled rotation"), "scheduled rotation");
    assert.equal(await reasonFrom({ inputs: null }), "workflow up, started by hand");
  });

  it("is not passed by the workflow of a push, whose message may be too long for it", async () => {
    const { jobs } = await readWorkflow("up.yml");
    assert.deepEqual(Object.keys(jobs["up"]?.with ?? {}), ["stack"]);
  });
});
