import { strict as assert } from "node:assert";

import { hasPolicyPack } from "../../../stacks/src/preflight/policy-pack";
import { readProcesses } from "../../../stacks/src/run/engine-process";

/** What `ps` prints of an engine that was started so: its language host is 30, the program 40. */
const processes = (command: string, ...others: string[]) =>
  readProcesses(
    [
      "    1     0 /sbin/init --policy-pack x",
      "   10     1 -bash",
      `   20    10 ${command}`,
      "   30    20 /opt/pulumi/pulumi-language-nodejs -root=/x 127.0.0.1:1",
      "   40    30 node /x/run --policy-pack",
      "   50     1 pulumi up --policy-pack elsewhere",
      ...others,
    ].join("\n"),
  );

describe("whether the engine that runs the program runs a policy pack", function () {
  for (const [command, expected] of [
    ["pulumi up --yes", false],
    ["/opt/pulumi/pulumi up --policy-pack policy --yes", true],
    ["pulumi up --policy-pack=policy", true],
    ["pulumi up --yes --policy-pack", true],
    ["pulumi up --policy-pack-config policy/production.json", false],
    ["pulumi-wrapper up", undefined],
    ["node automation.js --policy-pack policy", undefined],
  ] as const) {
    it(`is ${String(expected)} of ${command}`, () => {
      assert.equal(hasPolicyPack(processes(command), 40), expected);
    });
  }

  it("shows in the process that judges, if the backend requires a pack", () => {
    const judge = "   60    20 node /x/@pulumi/pulumi/cmd/run-policy-pack 127.0.0.1:1 /pack";
    assert.equal(hasPolicyPack(processes("pulumi up", judge), 40), true);
  });

  it("is looked for below the program, too, which starts the engine itself", () => {
    const engine = "   60    40 /opt/pulumi/pulumi up --client=127.0.0.1:1";
    assert.equal(hasPolicyPack(processes("node service.js", engine), 40), false);
    assert.equal(hasPolicyPack(processes("node service.js", `${engine} --policy-pack policy`), 40), true);
  });

  it("is unknown if there is no list of processes", () => {
    assert.equal(hasPolicyPack([], 40), undefined);
    assert.deepEqual(readProcesses("PID COMMAND\n"), []);
  });
});
