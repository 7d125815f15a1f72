import { strict as assert } from "node:assert";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { projectFolderOf } from "../../../operations/src/stack/project-folder";
import { openJournalOf } from "../../../provider/src/journal/location";
import { findProjectFolder, stackFileOf } from "../../../provider/src/settings/project-file";
import { projectFolder } from "../../../stacks/src/configuration/stack-file";

describe("a project's file", () => {
  let folder: string;
  let program: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "project-file-"));
    program = path.join(folder, "stacks", "dist");
    await mkdir(program, { recursive: true });
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  for (const extension of ["yaml", "yml", "json"]) {
    it(`may end in .${extension}, and the stacks' files end like it`, async () => {
      await writeFile(path.join(folder, `Pulumi.${extension}`), '{"name": "own", "runtime": "nodejs"}');
      const journal = openJournalOf({ stack: "o/own/prod", location: undefined, directory: program });
      assert.deepEqual(
        [projectFolder(program), projectFolderOf({ cwd: program }), path.dirname(journal.location)],
        [folder, program, folder],
      );
      assert.equal(stackFileOf(folder, "prod"), path.join(folder, `Pulumi.prod.${extension}`));
    });
  }

  for (const [what, text] of Object.entries({
    stackConfigDir: "name: own\nruntime: nodejs\nstackConfigDir: config/stacks\n",
    "its former name": "name: own\nconfig: config/stacks # until it was renamed\nruntime: nodejs\n",
  }))
    it(`may name the folder of the stacks' files: ${what}`, async () => {
      await writeFile(path.join(folder, "Pulumi.yaml"), text);
      assert.equal(stackFileOf(folder, "prod"), path.join(folder, "config", "stacks", "Pulumi.prod.yaml"));
    });

  it("may give values to every stack, which name no folder", async () => {
    for (const config of ['config: { "tenants:stage": testing }', "config:\n  tenants:stage: testing"]) {
      await writeFile(path.join(folder, "Pulumi.yaml"), `name: own\nruntime: nodejs\n${config}\n`);
      assert.equal(stackFileOf(folder, "prod"), path.join(folder, "Pulumi.prod.yaml"));
    }
  });

  it("may be missing", () => {
    assert.equal(findProjectFolder(program), undefined);
    assert.equal(stackFileOf(folder, "prod"), path.join(folder, "Pulumi.prod.yaml"));
  });
});
