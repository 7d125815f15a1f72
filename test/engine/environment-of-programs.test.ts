import { strict as assert } from "node:assert";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { contentOf } from "../../operations/src/configuration/proposed-files";
import { pulumiFor } from "../../operations/src/stack/pulumi";

describe("the environment of programs that operations start", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "environment-"));
    for (const program of ["pulumi", "git"]) {
      await writeFile(path.join(folder, program), '#!/bin/sh\nprintf "%s" "$OF_CALLER-$HOME"\n');
      await chmod(path.join(folder, program), 0o755);
    }
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  it("is the given one, not this process's", async () => {
    const environment = { PATH: folder, OF_CALLER: "given" };
    assert.equal(await pulumiFor("prod", folder, environment).run(["config"]), "given-");
    assert.equal((await contentOf("HEAD", { folder, environment })).toString(), "given-");
  });
});
