import { strict as assert } from "node:assert";
import childProcess from "node:child_process";
import { once } from "node:events";
import path from "node:path";

import { engineFolders } from "../suites";
import { isUnitTest } from "../support/no-programs";

describe("a unit test", () => {
  const forbidden = /A unit test must not start/;

  it("fails if it starts a program", () => {
    assert.throws(() => childProcess.spawn("pulumi", ["version"]), forbidden);
    assert.throws(() => childProcess.execFile("pulumi", ["version"]), forbidden);
    assert.throws(() => childProcess.exec("pulumi version"), forbidden);
    assert.throws(() => childProcess.spawnSync("pulumi", ["version"]), forbidden);
    assert.throws(() => childProcess.execFileSync("pulumi", ["version"]), forbidden);
    assert.throws(() => childProcess.execSync("pulumi version"), forbidden);
  });

  it("may start Node.js itself", async () => {
    const [exitCode] = (await once(childProcess.spawn(process.execPath, ["--version"]), "exit")) as [number];
    assert.equal(exitCode, 0);
    assert.equal(childProcess.spawnSync(process.execPath, ["--version"]).status, 0);
  });

  it("is one by its folder", () => {
    const inFolder = (folder: string): string => path.join(__dirname, "..", folder, "some.test.ts");
    assert.ok(isUnitTest(__filename));
    assert.ok(isUnitTest(inFolder("provider/client")));
    for (const folder of engineFolders) assert.ok(!isUnitTest(inFolder(folder)));
    assert.ok(!isUnitTest(inFolder("engine/canary")));
  });
});
