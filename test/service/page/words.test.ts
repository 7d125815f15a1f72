import { strict as assert } from "node:assert";

import {
  secretType,
  secretVersionType,
  signingKeyType,
  tenantApplicationType,
  tenantType,
} from "pulumi-resistant-tenants/internal/operator";
import { eventKinds } from "resistant-tenants-service/audit/kinds";
import { nextStep } from "resistant-tenants-service/page/next-step";
import { foldSteps, wordsOfProgress } from "resistant-tenants-service/page/progress-words";
import { eventWords, wordsOfEvent } from "resistant-tenants-service/page/words";
import { requestStates } from "resistant-tenants-service/requests/request";

import { assertLinear } from "../../support/linear";

const step = (state: string, more: object = {}) => ({
  kind: "progress",
  data: { step: { operation: "create", type: tenantType, name: "acme", state, ...more } },
});

describe("the words of the page", () => {
  it("merges the beginning and end of each of thousands of steps without a search among all", async () => {
    const at = "2030-01-01T00:00:00.000Z";
    await assertLinear((count) => {
      const names = Array.from({ length: count }, (_, index) => `customer-${index}`);
      const events = [
        ...names.map((name) => step("begun", { name })),
        ...names.map((name) => step("done", { name })),
      ];
      return () => {
        assert.equal(foldSteps(events.map((event) => ({ ...event, at }))).length, count);
      };
    });
  });

  it("has words for every kind of event, and quotes what people wrote", () => {
    const without = eventKinds.filter((kind) => kind !== "progress" && eventWords[kind] === undefined);
    assert.deepEqual(without, []);
    assert.match(wordsOfEvent("questionAsked", { text: "Why?" }), /“Why\?”$/);
    assert.notEqual(
      wordsOfEvent("approvalGiven", { decision: "approve" }),
      wordsOfEvent("approvalGiven", { decision: "refuse" }),
    );
  });

  it("describes a journal's event: what was started, and how it ended", () => {
    const about = { type: "TenantApplication", operation: "create", slot: "acme/eu-1/default" };
    assert.equal(wordsOfEvent("journal.intent", about), "Begun: create TenantApplication acme/eu-1/default");
    assert.equal(
      wordsOfEvent("journal.result", { ...about, outcome: "made" }),
      "Ended: create TenantApplication acme/eu-1/default: made",
    );
  });

  it("describes each step in progress, and its result", () => {
    const types = [tenantType, tenantApplicationType, signingKeyType, secretType, secretVersionType];
    for (const type of types)
      for (const operation of [
        "create",
        "create-replacement",
        "update",
        "delete",
        "delete-replaced",
        "import",
      ]) {
        const name = type === tenantType ? "acme" : "acme/eu-1/ingest";
        const said = ["begun", "done", "failed"].map((state) =>
          wordsOfProgress(step(state, { type, operation, name }).data),
        );
        assert.equal(new Set(said).size, 3, `${operation} ${type}`);
        assert.ok(said.every((words) => words.includes("acme") && !/undefined|resistant:/.test(words)));
      }
    assert.match(wordsOfProgress(step("begun").data), /checking whether the vendor has created it/);
  });

  it("merges a step into one line with its duration, and leaves an unfinished one", () => {
    const at = (second: number): string => `2026-11-26T12:00:${String(second).padStart(2, "0")}.000Z`;
    const lines = foldSteps([
      { ...step("begun"), at: at(1) },
      { ...step("begun", { name: "beta" }), at: at(2) },
      { kind: "planned", data: {}, at: at(3) },
      { ...step("done"), at: at(5) },
    ]);
    assert.deepEqual(
      lines.map(({ kind, at: time, tookSeconds }) => [kind, time, tookSeconds]),
      [
        ["progress", at(1), 4],
        ["progress", at(2), undefined],
        ["planned", at(3), undefined],
      ],
    );
  });

  it("describes in every state what happens next, and to the requester what they can do at the end", () => {
    const nobody = { isRequester: false, mayDecide: false, isAdministrator: false };
    for (const state of requestStates)
      for (const viewer of [
        nobody,
        { ...nobody, isRequester: true },
        { ...nobody, mayDecide: true },
        { ...nobody, isAdministrator: true },
      ]) {
        const said = nextStep({ state, questions: [] }, viewer);
        assert.notEqual(said, "");
        if (["refused", "withdrawn", "expired"].includes(state)) assert.match(said, /send it again/);
      }
    const stale = { state: "failed" as const, questions: [], problem: { code: "stale" } };
    const administrator = { ...nobody, isAdministrator: true };
    const failed = { state: "failed" as const, questions: [] };
    assert.notEqual(nextStep(stale, administrator), nextStep(failed, administrator));
  });
});
