import { strict as assert } from "node:assert";

import type { Properties } from "../../../../provider/src/dynamic/engine/inputs";
import { mentioning } from "../../../support/mentions";
import { apiUrl, configuredRun, type NewRun, unknown } from "../process";

let tenant: NewRun["tenant"];

const state = { tenantId: "t-1", name: "acme", cells: ["eu-1", "us-1"], stage: "production", apiUrl };
const failures = async (inputs: Properties) =>
  (await tenant.check({}, inputs)).failures.map(({ property }) => property);
const diff = (olds: Properties, news: Properties) =>
  tenant.diff("t-1", { ...state, ...olds }, { name: "acme", ...news });

describe("the check of a tenant", () => {
  beforeEach(() => {
    ({ tenant } = configuredRun());
  });

  for (const [what, inputs, properties] of [
    ["takes what is right", { name: "acme", cells: ["eu-1"], allowReplace: true }, []],
    ["takes what is not known yet", { name: unknown, cells: [unknown], adopt: unknown }, []],
    ["refuses a missing name", {}, ["name"]],
    ["refuses a wrong name", { name: "Acme" }, ["name"]],
    ["refuses an unknown cell", { name: "a", cells: ["eu-9"] }, ["cells.0"]],
    ["refuses a cell twice", { name: "a", initialCells: ["eu-1", "eu-1"] }, ["initialCells"]],
    ["refuses an unknown input", { name: "a", nmae: "b" }, ["nmae"]],
    [
      "refuses several at once",
      { name: "A", cells: [], allowReplace: "yes" },
      ["name", "cells", "allowReplace"],
    ],
  ] as Array<[string, Properties, string[]]>) {
    it(what, async () => {
      assert.deepEqual(await failures(inputs), properties);
    });
  }

  it("refuses a cell that the stage does not have", async () => {
    ({ tenant } = configuredRun("testing"));
    assert.deepEqual(await failures({ name: "a", cells: ["us-1"] }), ["cells"]);
  });
});

describe("the difference of a tenant", () => {
  beforeEach(() => {
    ({ tenant } = configuredRun());
  });

  it("is none if only the order of cells changed", async () => {
    assert.equal(
      (await diff({ declaredCells: ["eu-1", "us-1"] }, { cells: ["us-1", "eu-1"] })).changes,
      false,
    );
  });

  it("is none for any initialCells", async () => {
    assert.equal((await diff({}, { initialCells: ["ap-2"] })).changes, false);
  });

  it("is none if the cells drifted from the unchanged declaration", async () => {
    assert.equal((await diff({ declaredCells: ["eu-1"] }, { cells: ["eu-1"] })).changes, false);
  });

  it("is an update, not a replacement, if drifted cells are accepted", async () => {
    const { changes, replaces } = await diff({ declaredCells: ["eu-1"] }, { cells: ["eu-1", "us-1"] });
    assert.deepEqual({ changes, replaces }, { changes: true, replaces: [] });
  });

  it("is none if the stack's own tenant is adopted", async () => {
    assert.equal((await diff({}, { adopt: "t-1" })).changes, false);
  });

  it("is none if something is unknown yet", async () => {
    assert.equal((await diff({}, { name: unknown, cells: unknown })).changes, false);
  });

  for (const [what, news] of [
    ["name", { name: "other" }],
    ["cells", { cells: ["ap-2"] }],
    ["adopt", { adopt: "t-2" }],
  ] as Array<[string, Properties]>) {
    it(`is refused for another ${what}, with the ways out`, async () => {
      await assert.rejects(diff({}, news), mentioning(what, '"acme"', "allowReplace: true"));
    });

    it(`is a replacement, the old one deleted first, for another ${what} if that is allowed`, async () => {
      assert.deepEqual(await diff({}, { ...news, allowReplace: true }), {
        changes: true,
        replaces: [what],
        deleteBeforeReplace: true,
      });
    });
  }

  for (const made of [{ stage: "testing" }, { apiUrl: "https://other.example/v0" }]) {
    it(`is refused if it was created elsewhere (${Object.keys(made).join()})`, async () => {
      await assert.rejects(diff(made, {}), mentioning("tenants:stage", "tenants:apiUrl"));
    });
  }
});
