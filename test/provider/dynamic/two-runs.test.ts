import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";

import { ownProcess } from "../../../provider/src/settings/own-process";
import { useSandbox } from "../../sandbox/api/client";
import { useJournalFile } from "../../support/journal-file";
import { mentioning } from "../../support/mentions";
import { type ProviderProcess, startProvider } from "./process";

/** An event of a journal, as far as it is looked at. */
interface Line {
  stack: string;
  reason?: string;
  actor: string;
  outcome?: string;
}

describe("two runs in one process, of two stacks", function () {
  const sandboxes = { one: useSandbox(), other: useSandbox() };
  const journals = { one: useJournalFile(), other: useJournalFile() };
  const begin = (which: "one" | "other"): ProviderProcess =>
    startProvider(
      sandboxes[which](),
      journals[which].file,
      {},
      {
        stack: `organization/project/${which}`,
        environment: {
          ...ownProcess().environment,
          TENANTS_REASON: `for ${which}`,
          GITHUB_ACTIONS: "true",
          GITHUB_RUN_ID: "1",
          GITHUB_ACTOR: which,
        },
      },
    );
  const linesOf = (which: "one" | "other"): Line[] =>
    readFileSync(journals[which].file, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Line);
  const namesIn = (which: "one" | "other") =>
    sandboxes[which]()
      .control.tenants()
      .map(({ name }) => name);

  it("have each its organization, its journal, its stack, its reason and its actor", async () => {
    const runs = { one: begin("one"), other: begin("other") };
    const names = { one: "acme", other: "globex" };
    await Promise.all(
      (["one", "other"] as const).map(async (which) => {
        const { id, outs } = await runs[which].createTenant(names[which]);
        assert.equal(outs["createdBy"], `github:${which}`);
        await runs[which].createApplication(id, `${names[which]}/eu-1/default`);
      }),
    );
    for (const which of ["one", "other"] as const) {
      assert.deepEqual(namesIn(which), [names[which]]);
      const lines = linesOf(which);
      assert.equal(lines.length, 4);
      for (const { stack, reason, actor } of lines) {
        assert.deepEqual(
          { stack, reason, actor },
          { stack: `organization/project/${which}`, reason: `for ${which}`, actor: `github:${which}` },
        );
      }
    }
  });

  it("do not apply one's knowledge to the other", async () => {
    const { id: kept, outs } = await begin("one").createTenant("kept");
    const [one, other] = [begin("one"), begin("other")];
    // The first is sure of its organization, keeps this tenant, and knows which it has made.
    assert.equal((await one.readTenant(kept, outs)).id, kept);
    assert.equal((await one.adoptTenant("kept", kept)).id, kept);
    await assert.rejects(one.deleteTenant(kept, outs), mentioning(`"kept" (${kept})`, "aliases"));
    // The other is not: its organization knows none of that, and it declares nothing.
    const elsewhere = { ...outs, apiUrl: sandboxes.other().apiUrl };
    const notGone = mentioning("TENANTS_ACCEPT_MISSING=true");
    await assert.rejects(other.readTenant(kept, elsewhere), notGone);
    await assert.rejects(other.deleteTenant(kept, elsewhere), notGone);
    assert.deepEqual(
      linesOf("other").map(({ outcome }) => outcome),
      [undefined, "failed"],
    );
    assert.ok(namesIn("one").includes("kept"));
  });
});
