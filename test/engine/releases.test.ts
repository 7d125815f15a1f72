import { strict as assert } from "node:assert";
import { writeFile } from "node:fs/promises";
import path from "node:path";

import { currentVersion, folderOf, readRecording, recordedVersions, stages } from "../releases/recording";
import { replay } from "../releases/replay";
import { exhaustiveTag } from "../suites";
import type { StackUnderTest } from "./engine";

describe("the state of a released version, on the engine", function () {
  it("is kept for the version that the package has now (test/releases/README.md)", async () => {
    assert.ok(recordedVersions().includes(await currentVersion()));
  });

  for (const version of recordedVersions()) {
    for (const stage of stages) {
      const tag = stage === "production" ? "" : ` ${exhaustiveTag}`;
      describe(`${version}, ${stage}${tag}`, function () {
        let stack: StackUnderTest;

        before(async () => {
          stack = await replay(await readRecording(folderOf(version, stage)), stage);
        });
        after(async () => {
          await stack.finish();
        });

        it("shows no change in a preview of an up, and of a refresh", async () => {
          const unchanged = ["preview", "--json", "--show-sames", "--expect-no-changes"];
          const { exitCode, stdout } = await stack.run(unchanged);
          assert.equal(exitCode, 0, stdout);
          const file = path.join(stack.workspace.directory, "preview.json");
          await writeFile(file, stdout);
          const summary = await stack.tenants("summary", file, "--json");
          assert.deepEqual((JSON.parse(summary.stdout) as { changes: unknown }).changes, []);
          await stack.succeed(["refresh", "--preview-only", "--expect-no-changes"]);
        });

        it("is destroyed, and nothing is left", async () => {
          if (stage === "production") {
            const { length } = Object.keys(stack.existing());
            for (let index = 0; index < length; index += 1) {
              await stack.workspace.configure({ [`tenants:customers[${index}].status`]: "deprecated" });
            }
            await stack.up();
          }
          assert.notDeepEqual(stack.existing(), {});
          assert.notDeepEqual(await stack.listSecrets({ includePlannedDeletion: false }), []);
          await stack.succeed(["destroy", "--yes", "--skip-preview"]);
          assert.deepEqual(stack.existing(), {});
          assert.deepEqual(await stack.listSecrets({ includePlannedDeletion: false }), []);
        });
      });
    }
  }
});
