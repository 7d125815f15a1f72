import { strict as assert } from "node:assert";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { noteAsked } from "../../../provider/src/dynamic/run/requested-applications";
import { AskedApplications } from "../../../stacks/src/record/asked-applications";
import { useVariables } from "../../support/environment";

describe("the applications that the engine requests", () => {
  const temporary = mkdtempSync(path.join(os.tmpdir(), "asked-"));
  useVariables(() => ({ TMPDIR: temporary }));
  after(() => {
    rmSync(temporary, { recursive: true });
  });

  it("leave files, which no other user can list, and no folder before the first", () => {
    const asked = new AskedApplications();
    const names = ["acme-eu-1", "acme/us 1"];
    const files = names.map((name) => asked.fileOf(name));
    assert.ok(!asked.wereAsked(names));
    assert.deepEqual(readdirSync(temporary), []);
    for (const [index, name] of names.entries()) {
      assert.ok(!asked.wereAsked(names));
      const slot = { name, stack: "organization/project/prod", stage: "production", asked: files[index] };
      noteAsked({ slot });
      noteAsked({ slot });
    }
    assert.ok(asked.wereAsked(names));
    assert.ok(!asked.wereAsked([]));
    const [folder = "", ...others] = readdirSync(temporary);
    assert.deepEqual(others, []);
    if (process.platform !== "win32")
      assert.equal(statSync(path.join(temporary, folder)).mode & 0o777, 0o700);
  });
});
