import { strict as assert } from "node:assert";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { runToSuccess } from "../../sandbox/process";
import { readWorkflow, stepOf } from "./workflow";

/** The longest body of an issue that GitHub accepts, in characters. */
const longestIssue = 65_536;

describe("the report of drift", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "drift-"));
    await writeFile(path.join(folder, "pulumi"), "#!/bin/sh\necho {}\n", { mode: 0o755 });
    const report =
      '#!/bin/sh\ncase "$*" in *reconcile*) yes "| orphan | hooli |" | head -n 9000; exit 3 ;; esac\n';
    await writeFile(path.join(folder, "npm"), report, { mode: 0o755 });
  });
  after(() => rm(folder, { recursive: true }));

  it("fits into an issue, and is whole in the run's summary", async () => {
    const { run } = stepOf(await readWorkflow("stack-drift.yml"), "look", "Look");
    const summary = path.join(folder, "summary.md");
    await runToSuccess("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", run], {
      cwd: folder,
      env: {
        ...process.env,
        PATH: [folder, process.env["PATH"]].join(path.delimiter),
        STACK: "prod",
        RUNNER_TEMP: folder,
        GITHUB_STEP_SUMMARY: summary,
      },
    });
    const issue = await readFile(path.join(folder, "drift", "prod.md"), "utf8");
    assert.ok(issue.length <= longestIssue, String(issue.length));
    assert.equal((await readFile(summary, "utf8")).match(/orphan/g)?.length, 9000);
  });
});
