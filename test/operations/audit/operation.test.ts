import { strict as assert } from "node:assert";

import { isAskedFor, parseHash, parseSince, parseUntil } from "../../../operations/src/audit/filter";
import { type Operation, operationsOf } from "../../../operations/src/audit/operation";
import { intent, result } from "../../provider/journal/events";
import { mentioning } from "../../support/mentions";

describe("the operations of a journal", () => {
  it("are an intent and its result each, with any events between", () => {
    const [first, second] = [
      intent("create", { reason: "CHG-1" }),
      intent("create", { slot: "globex/eu-1/default" }),
    ];
    const done = { ...result(first, "made", "a-1"), clientId: "c-1" };
    assert.deepEqual(
      operationsOf([first, second, done]).map(({ customer, applicationId, clientId, outcome, reason }) => [
        customer,
        applicationId,
        clientId,
        outcome,
        reason,
      ]),
      [
        ["acme", "a-1", "c-1", "made", "CHG-1"],
        ["globex", undefined, undefined, "open", undefined],
      ],
    );
  });

  it("distinguish a create, an adoption, a rotation, a release, a delete and a clearing", () => {
    const adopt = intent("create", {
      type: "Tenant",
      slot: "acme",
      parameters: { name: "acme", adopt: "t-1" },
    });
    const events = [
      intent("create"),
      adopt,
      intent("create", { slot: "acme/eu-1/default/2" }),
      intent("release", { slot: "acme/eu-1/default/2" }),
      intent("delete", { slot: "acme/eu-1/default/2" }),
      intent("delete", { type: "Lock", slot: "organization/project/dev" }),
    ];
    assert.deepEqual(
      operationsOf(events).map(({ operation, customer }) => [operation, customer]),
      [
        ["create", "acme"],
        ["adopt", "acme"],
        ["rotate", "acme"],
        ["release", "acme"],
        ["delete", "acme"],
        ["clear", undefined],
      ],
    );
  });

  it("include a result whose intent is missing", () => {
    const create = intent("create");
    assert.deepEqual(
      operationsOf([result(create, "made", "a-1")]).map(({ outcome, applicationId }) => [
        outcome,
        applicationId,
      ]),
      [["made", "a-1"]],
    );
  });
});

describe("the filter of operations", () => {
  const operation = {
    ...operationsOf([intent("create", { actor: "github:octocat", at: "2026-11-30T23:30:00.000Z" })])[0]!,
  } satisfies Operation;

  for (const [what, filter, isFound] of [
    ["nothing", {}, true],
    ["the customer", { customer: "acme" }, true],
    ["a customer whose name begins alike", { customer: "acm" }, false],
    ["the actor, system and name", { actor: "github:octocat" }, true],
    ["the actor's name", { actor: "octocat" }, true],
    ["another's", { actor: "cat" }, false],
    [
      "the day it was on, to its end",
      { since: parseSince("2026-11-30"), until: parseUntil("2026-11-30") },
      true,
    ],
    ["a later time", { since: parseSince("2026-11-30T23:31:00Z") }, false],
    ["an earlier day", { until: parseUntil("2026-11-29") }, false],
    ["all, of which one does not hold", { customer: "acme", actor: "cat" }, false],
  ] as const) {
    it(`asked for ${what}, ${isFound ? "finds" : "does not find"} it`, () => {
      assert.equal(isAskedFor(filter, operation), isFound);
    });
  }

  it("takes a time with its zone, which may be on another day in UTC", () => {
    assert.equal(parseSince("2026-12-01T00:30:00+02:00").toISOString(), "2026-11-30T22:30:00.000Z");
    assert.equal(parseSince("2024-02-29").toISOString(), "2024-02-29T00:00:00.000Z");
  });

  it("refuses an invalid time", () => {
    for (const text of [
      ...["yesterday", "2026-13-01", "2026-11-01T08:30:00", "1", "2026-02-30", "2025-02-29"],
      "2026-02-30T08:30:00+02:00",
    ]) {
      assert.throws(() => parseSince(text), mentioning("2026-11-01", "2026-11-01T08:30:00Z"), text);
    }
  });
});

describe("the hash that a journal must contain", () => {
  const digits = "0123456789abcdef".repeat(4);

  it("is taken as `audit verify` and as sha256sum print it, in any case", () => {
    for (const text of [`sha256:${digits}`, digits, ` ${digits.toUpperCase()} `])
      assert.equal(parseHash(text), `sha256:${digits}`);
  });

  it("is refused if it is none: no event could have it", () => {
    for (const text of ["", "sha256:", digits.slice(1), `md5:${digits}`, `${digits}0`])
      assert.throws(() => parseHash(text), mentioning("sha256:"), text);
  });
});
