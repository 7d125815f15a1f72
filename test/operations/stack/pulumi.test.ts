import { strict as assert } from "node:assert";

import { type Pulumi, sharingExports } from "../../../operations/src/stack/pulumi";

describe("the commands of the engine about a stack", () => {
  let commands: string[];
  let answers: Array<{ resolve: (text: string) => void; reject: (error: Error) => void }>;
  let pulumi: Pulumi;

  beforeEach(() => {
    commands = [];
    answers = [];
    pulumi = sharingExports({
      run: (args) => {
        commands.push(args.join(" "));
        return new Promise((resolve, reject) => answers.push({ resolve, reject }));
      },
      runWithoutStack: () => Promise.reject(new Error("not called")),
      typed: (args) => args.join(" "),
    });
  });

  it("export the state once for simultaneous readers, and again for later ones", async () => {
    const together = [pulumi.run(["stack", "export"]), pulumi.run(["stack", "export"])];
    answers[0]?.resolve("before");
    assert.deepEqual(await Promise.all(together), ["before", "before"]);

    const later = pulumi.run(["stack", "export"]);
    answers[1]?.resolve("after");
    assert.equal(await later, "after");
    assert.deepEqual(commands, ["stack export", "stack export"]);
  });

  it("export it again for readers after another command, even if the earlier export is still running", async () => {
    const results = [
      ["stack", "export"],
      ["cancel", "--yes"],
      ["stack", "export"],
    ].map((args) => pulumi.run(args));
    for (const [index, answer] of answers.entries()) answer.resolve(`answer ${index}`);
    assert.deepEqual(await Promise.all(results), ["answer 0", "answer 1", "answer 2"]);
  });

  it("fail for all simultaneous readers, and are tried again after that", async () => {
    const together = [pulumi.run(["stack", "export"]), pulumi.run(["stack", "export"])];
    answers[0]?.reject(new Error("locked"));
    for (const each of together) await assert.rejects(each, /^Error: locked$/);

    const later = pulumi.run(["stack", "export"]);
    answers[1]?.resolve("after");
    assert.equal(await later, "after");
  });

  it("are not shared if they may change something", async () => {
    const both = [pulumi.run(["cancel", "--yes"]), pulumi.run(["cancel", "--yes"])];
    for (const answer of answers) answer.resolve("");
    await Promise.all(both);
    assert.deepEqual(commands, ["cancel --yes", "cancel --yes"]);
  });
});
