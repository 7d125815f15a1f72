import { strict as assert } from "node:assert";

import { listStacks } from "../../../operations/src/stack/list";
import { PulumiError } from "../../../operations/src/stack/pulumi";

/** What the engine wrote while another one wrote a state. */
const changed =
  "error: list bucket: blob (code=NotFound): lstat /state/.pulumi/stacks/tenants/dev.json.18ec36208a486e25.tmp: no such file or directory";

describe("the list of a backend's stacks", () => {
  const commands: string[] = [];
  beforeEach(() => {
    commands.length = 0;
  });

  const failing = (times: number, written: string) => ({
    runWithoutStack: (args: readonly string[]): Promise<string> => {
      commands.push(args.join(" "));
      return commands.length <= times
        ? Promise.reject(new PulumiError("pulumi stack ls ended with exit code 1", written))
        : Promise.resolve(JSON.stringify([{ name: "dev", current: true }]));
    },
  });

  it("is read again if another engine wrote a state meanwhile", async () => {
    const stacks = [{ name: "dev", updateInProgress: false }];
    assert.deepEqual(await listStacks(failing(2, changed), "--all"), stacks);
    assert.deepEqual(commands, Array(3).fill("stack ls --all --json"));
  });

  it("fails with the engine's error if it always does, and at once for another reason", async () => {
    await assert.rejects(listStacks(failing(Infinity, changed)), { written: changed });
    assert.equal(commands.length, 5);
    commands.length = 0;
    const other = "error: list bucket: blob (code=PermissionDenied)";
    await assert.rejects(listStacks(failing(1, other)), { written: other });
    assert.equal(commands.length, 1);
  });
});
