import { strict as assert } from "node:assert";

import { compare } from "../../../operations/src/reconcile/compare";
import type { Finding, Fix } from "../../../operations/src/reconcile/finding";
import { application, comparisonOf, Events, heldApplication } from "./comparisons";

type Situation = Parameters<typeof comparisonOf>[0];

describe("the comparison of journal, state and API, of several creates and deletes in one slot:", () => {
  const findingsOf = (situation: Situation): readonly Finding[] => compare(comparisonOf(situation));
  const fixesOf = (situation: Situation): Fix[] => findingsOf(situation).flatMap(({ fix }) => fix ?? []);
  const deletedBy = (fixes: readonly Fix[]): string[] =>
    fixes.flatMap((fix) => (fix.action === "deleteApplication" ? [fix.applicationId] : []));
  const endingsOf = (fixes: readonly Fix[]): string[] =>
    fixes.flatMap((fix) => (fix.action === "settleIntent" ? [fix.ending.outcome] : []));

  for (const [what, isEnded] of [
    ["was deleted", true],
    ["was perhaps deleted", false],
  ] as const) {
    it(`what exists after an application that an open create may have made ${what} is not deleted`, () => {
      const events = new Events();
      const create = events.createApplication();
      const remove = events.remove({ type: "TenantApplication", tenantId: "t-1", applicationId: "a-1" });
      const ended = isEnded ? [events.result(remove, "deleted", { applicationId: "a-1" })] : [];
      const situation = { events: [create, remove, ...ended], applications: [application("a-2")] };
      assert.deepEqual(deletedBy(fixesOf(situation)), []);
      assert.ok(findingsOf(situation).some(({ applicationId }) => applicationId === "a-2"));
    });
  }

  for (const outcome of ["failed", "unknown", undefined] as const) {
    it(`an application that an open create made is deleted although its deletion was tried, and ended ${outcome ?? "without a result"}`, () => {
      const events = new Events();
      const create = events.createApplication();
      const lost = events.result(create, "unknown");
      const remove = events.remove({ type: "TenantApplication", tenantId: "t-1", applicationId: "a-1" });
      const ended = outcome === undefined ? [] : [events.result(remove, outcome, { applicationId: "a-1" })];
      const situation = { events: [create, lost, remove, ...ended], applications: [application("a-1")] };
      assert.deepEqual(deletedBy(fixesOf(situation)), ["a-1"]);
    });
  }

  it("an application that an open create made is deleted although that of an earlier version was deleted after it", () => {
    const events = new Events();
    const create = events.createApplication({ known: ["a-0"] });
    const lost = events.result(create, "unknown");
    const remove = events.remove({ type: "TenantApplication", tenantId: "t-1", applicationId: "a-0" });
    const deleted = events.result(remove, "deleted", { applicationId: "a-0" });
    const situation = { events: [create, lost, remove, deleted], applications: [application("a-1")] };
    assert.deepEqual(deletedBy(fixesOf(situation)), ["a-1"]);
  });

  it("two lost ones are no rivals: the next update takes the application over", () => {
    const events = new Events();
    const [one, two] = [events.createApplication({}, "EC"), events.createApplication({}, "EC")];
    const situation = {
      events: [one, events.result(one, "unknown"), two, events.result(two, "unknown")],
      applications: [application("a-1")],
    };
    assert.deepEqual(deletedBy(fixesOf(situation)), []);
    assert.deepEqual(
      findingsOf(situation).map(({ kind, applicationId, next }) => [kind, applicationId, next]),
      [["orphanedApplication", "a-1", ["pulumi up"]]],
    );
  });

  it("an adoption without a result has adopted what the state contains", () => {
    const parameters = { cell: "eu-1", authMethod: "CLIENT_SECRET", adopt: "a-1" };
    const adoption = new Events().createApplication({ applicationId: "a-1", parameters });
    const held = { heldApplications: [heldApplication("a-1")], applications: [application("a-1")] };
    assert.deepEqual(endingsOf(fixesOf({ events: [adoption], ...held })), ["adopted"]);
  });

  it("of two without a result, only the last one has made what the state contains", () => {
    const events = new Events();
    const creates = [events.createApplication(), events.createApplication()];
    const held = { heldApplications: [heldApplication("a-1")], applications: [application("a-1")] };
    const settled = fixesOf({ events: creates, ...held }).filter((fix) => fix.action === "settleIntent");
    assert.deepEqual(
      settled.map(({ intentId, ending }) => [intentId, ending.outcome]),
      [[creates[1]?.id, "made"]],
    );
  });
});
