import assert from "node:assert/strict";

import { unknownValue } from "@pulumi/pulumi/runtime/rpc";

import { secret } from "../../../sandbox/aws/property-values";
import { secretHandler } from "../../../sandbox/aws/secret";
import { secretVersionHandler } from "../../../sandbox/aws/secret-version";

describe("the stand-in's Secret", () => {
  const inputs = { name: "a", recoveryWindowInDays: 0, forceOverwriteReplicaSecret: false, __defaults: [] };
  const state = { ...inputs, arn: "arn", description: "", kmsKeyId: "", policy: "", replicas: [], tags: {} };

  it("fills in pulumi-aws's defaults", () => {
    const { inputs: checked, failures } = secretHandler.check("secret", {}, { name: "a" });
    assert.deepEqual(failures, []);
    assert.deepEqual(checked, {
      name: "a",
      recoveryWindowInDays: 30,
      forceOverwriteReplicaSecret: false,
      __defaults: ["recoveryWindowInDays", "forceOverwriteReplicaSecret"],
    });
  });

  for (const [property, news] of [
    ["name", { name: "no spaces" }],
    ["namePrefix", { name: "a", namePrefix: "b" }],
    ["recoveryWindowInDays", { name: "a", recoveryWindowInDays: 3 }],
    ["policy", { name: "a", policy: "{" }],
    ["tags.a", { name: "a", tags: { a: 1 } }],
  ] as const) {
    it(`refuses a wrong ${property}`, () => {
      const { failures } = secretHandler.check("secret", {}, news);
      assert.deepEqual(
        failures.map((failure) => failure.property),
        [property],
      );
    });
  }

  it("takes unknown values as they are", () => {
    const { failures } = secretHandler.check("secret", {}, { name: unknownValue, tags: { a: unknownValue } });
    assert.deepEqual(failures, []);
  });

  it("sees no difference if nothing changed", () => {
    assert.deepEqual(secretHandler.diff(state, inputs), {
      changes: false,
      replaces: [],
      deleteBeforeReplace: false,
    });
  });

  it("is deleted before its successor is made, under a name of the program's", () => {
    const difference = secretHandler.diff(state, { ...inputs, name: "b" });
    assert.deepEqual(difference, { changes: true, replaces: ["name"], deleteBeforeReplace: true });
  });

  it("is updated for a policy that means something else", () => {
    const given = { ...state, policy: '{"Version":"2012-10-17","Statement":[]}' };
    const respelt = { ...inputs, policy: '{ "Statement": [], "Version": "2012-10-17" }' };
    assert.equal(secretHandler.diff(given, respelt).changes, false);
    assert.equal(secretHandler.diff(given, { ...inputs, policy: "{}" }).changes, true);
    assert.equal(secretHandler.diff(given, inputs).changes, false, "leaving it out does not take it away");
  });

  it("is updated for other tags, and for replicas if given", () => {
    assert.deepEqual(secretHandler.diff(state, { ...inputs, tags: { a: "1" } }).replaces, []);
    const replicas = [{ region: "us-east-1" }];
    assert.equal(secretHandler.diff({ ...state, replicas }, inputs).changes, false);
    assert.equal(secretHandler.diff(state, { ...inputs, replicas }).changes, true);
  });
});

describe("the stand-in's SecretVersion", () => {
  const inputs = { secretId: "arn", secretString: secret("value") };
  const state = {
    ...inputs,
    arn: "arn",
    versionId: "v1",
    versionStages: ["AWSCURRENT"],
    region: "eu-west-1",
  };

  it("refuses two values at once", () => {
    const { failures } = secretVersionHandler.check("version", {}, { ...inputs, secretBinary: "dmFsdWU=" });
    assert.deepEqual(
      failures.map(({ property }) => property),
      ["secretBinary"],
    );
  });

  it("is replaced for another value or an unknown one, its predecessor deleted afterwards", () => {
    for (const secretString of [secret("other"), secret(unknownValue), unknownValue]) {
      const difference = secretVersionHandler.diff(state, { ...inputs, secretString });
      assert.deepEqual(difference, {
        changes: true,
        replaces: ["secretString"],
        deleteBeforeReplace: false,
      });
    }
  });

  it("is unchanged if AWS moved its labels and the program sets none", () => {
    const moved = { ...state, versionStages: ["AWSPREVIOUS"] };
    assert.equal(secretVersionHandler.diff(moved, inputs).changes, false);
    assert.equal(
      secretVersionHandler.diff(moved, { ...inputs, versionStages: ["AWSCURRENT"] }).changes,
      true,
    );
  });
});
