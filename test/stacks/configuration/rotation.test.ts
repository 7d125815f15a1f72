import { strict as assert } from "node:assert";
import { generateKeyPairSync } from "node:crypto";

import { readConfiguration } from "../../../stacks/src/configuration/configuration";

const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey;
const pem = ec.export({ type: "spki", format: "pem" });

function read(rotation: string | undefined, application: Record<string, unknown>) {
  return readConfiguration(
    new Map(
      Object.entries({
        stage: "testing",
        tokenUrl: "https://eu.id.resistant.ai/oauth2/server/v1/token",
        customers: JSON.stringify([
          {
            name: "acme",
            customerId: "CRM-1",
            cells: ["eu-1"],
            applications: [{ cell: "eu-1", ...application }],
          },
        ]),
        ...(rotation === undefined ? {} : { rotation }),
      }),
    ),
  );
}

function accepted(rotation: string | undefined, application: Record<string, unknown> = {}) {
  const result = read(rotation, application);
  assert.ok("configuration" in result, JSON.stringify(result));
  return result.configuration.customers[0]!.applications[0]!;
}

function refused(rotation: string | undefined, application: Record<string, unknown> = {}): string[] {
  const result = read(rotation, application);
  assert.ok("problems" in result, "it should have been refused");
  return result.problems.map(({ path }) => path);
}

const own = "tenants:customers[0].applications[0]";

describe("the configuration of rotation", () => {
  it("is none by default", () => {
    assert.ok(!("rotation" in accepted(undefined)));
    assert.ok(!("rotation" in accepted("none")));
  });

  it("is the stage's, unless the application has its own or none", () => {
    const stage = '{"every":"90d","overlap":"7d"}';
    const day = 86_400_000;
    assert.deepEqual(accepted(stage).rotation, {
      every: { text: "90d", ms: 90 * day },
      overlap: { text: "7d", ms: 7 * day },
      rotateAt: [],
      changes: "nextGeneration",
    });
    assert.deepEqual(accepted(stage, { rotation: { every: "12h", overlap: 0 } }).rotation, {
      every: { text: "12h", ms: day / 2 },
      overlap: { text: "0", ms: 0 },
      rotateAt: [],
      changes: "nextGeneration",
    });
    assert.ok(!("rotation" in accepted(stage, { rotation: "none" })));
  });

  it("accepts dates and instants with their zone, and sorts them", () => {
    const { rotation } = accepted(undefined, {
      rotation: { rotateAt: ["2026-11-24T14:00:00+02:00", "2026-11-24", "2026-11-23T00:00:00Z"] },
    });
    assert.deepEqual(
      rotation?.rotateAt.map(({ ms }) => new Date(ms).toISOString()),
      ["2026-11-23T00:00:00.000Z", "2026-11-24T00:00:00.000Z", "2026-11-24T12:00:00.000Z"],
    );
  });

  it("accepts a date as the engine passes an unquoted one", () => {
    const { rotation } = accepted(undefined, {
      rotation: { rotateAt: ["2026-11-24 00:00:00 +0000 UTC", "2026-11-24 14:00:00 +0200 +0200"] },
    });
    assert.deepEqual(rotation?.rotateAt, [
      { text: "2026-11-24", ms: Date.UTC(2026, 10, 24) },
      { text: "2026-11-24T14:00:00+02:00", ms: Date.UTC(2026, 10, 24, 12) },
    ]);
  });

  const wrong: Array<[string, unknown, string]> = [
    ["a text that is not none", "yes", ""],
    ["nothing that would ever rotate", { overlap: "7d" }, ""],
    ["an unknown key", { every: "90d", overlaps: "7d" }, ".overlaps"],
    ["a duration without a unit", { every: 90 }, ".every"],
    ["an age of nothing", { every: "0d", overlap: 0 }, ".every"],
    ["an overlap as long as the age", { every: "7d", overlap: "7d" }, ".overlap"],
    ["a date that is none", { rotateAt: ["2026-13-01"] }, ".rotateAt[0]"],
    ["a date twice", { rotateAt: ["2027-01-01", "2027-07-01", "2027-01-01T01:00:00+01:00"] }, ".rotateAt[2]"],
    ["an unknown moment of changes", { every: "90d", changes: "now" }, ".changes"],
  ];
  for (const [what, value, path] of wrong) {
    it(`refuses ${what}, with its path`, () => {
      const text = typeof value === "string" ? value : JSON.stringify(value);
      assert.deepEqual(refused(text), [`tenants:rotation${path}`]);
      assert.deepEqual(refused(undefined, { rotation: value }), [`${own}.rotation${path}`]);
    });
  }
});

describe("the configuration of a customer's own key", () => {
  it("accepts PEM, a JWK and a JWK's text", () => {
    const jwk = ec.export({ format: "jwk" });
    for (const publicKey of [pem, jwk, JSON.stringify(jwk)]) {
      assert.deepEqual(
        accepted(undefined, { authMethod: "EC", publicKey, keyId: "mine" }).publicKey,
        publicKey,
      );
    }
  });

  const privatePem = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
    type: "pkcs8",
    format: "pem",
  });
  const wrong: Array<[string, Record<string, unknown>, string]> = [
    ["a private key", { authMethod: "EC", publicKey: privatePem }, "publicKey"],
    ["a key of another type", { authMethod: "RSA", publicKey: pem }, "publicKey"],
    ["a key with a client secret", { publicKey: pem }, "publicKey"],
    ["what is no key", { authMethod: "EC", publicKey: "key" }, "publicKey"],
    ["a key id without a key", { authMethod: "EC", keyId: "mine" }, "keyId"],
    ["a calendar for it", { authMethod: "EC", publicKey: pem, rotation: { every: "90d" } }, "rotation"],
  ];
  for (const [what, application, field] of wrong) {
    it(`refuses ${what}, with its path and without its text`, () => {
      assert.deepEqual(refused(undefined, application), [`${own}.${field}`]);
      assert.ok(!JSON.stringify(read(undefined, application)).includes("BEGIN PRIVATE"));
    });
  }

  it("is accepted with the stage's calendar, which does not apply to it", () => {
    assert.ok(accepted('{"every":"90d"}', { authMethod: "EC", publicKey: pem }).rotation !== undefined);
  });
});
