import { strict as assert } from "node:assert";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { findActionlint } from "../../sandbox/actionlint";
import { runProcess } from "../../sandbox/process";
import { repositoryRoot } from "../engine/engine";
import { mentions } from "../support/mentions";

describe("actionlint", () => {
  it("finds nothing in the workflows", async () => {
    const { exitCode, stdout, stderr } = await runProcess(await findActionlint(), ["-no-color"], {
      cwd: repositoryRoot,
    });
    assert.equal(exitCode, 0, `${stdout}${stderr}`);
  });

  it("finds a title that is put into a script", async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "actionlint-"));
    try {
      const file = path.join(folder, "unsafe.yml");
      await writeFile(
        file,
        "on: pull_request\njobs:\n  one:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: echo ${{ github.event.pull_request.title }}\n",
      );
      const { exitCode, stdout } = await runProcess(await findActionlint(), ["-no-color", file]);
      assert.equal(exitCode, 1);
      mentions(stdout, "github.event.pull_request.title", "[expression]");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
