import { strict as assert } from "node:assert";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { projectFolderOf } from "../../../operations/src/stack/project-folder";
import { openJournalOf } from "../../../provider/src/journal/location";
import { findProjectFolder, stackFileBeside } from "../../../provider/src/settings/project-file";
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
      assert.equal(stackFileBeside(folder, "prod"), path.join(folder, `Pulumi.prod.${extension}`));
    });
  }

  it("may be missing", () => {
    assert.equal(findProjectFolder(program), undefined);
    assert.equal(stackFileBeside(folder, "prod"), path.join(folder, "Pulumi.prod.yaml"));
  });
});
