import { strict as assert } from "node:assert";

import type { HeldResource } from "../../../provider/src/program/own-stack";
import {
  leftOutCustomers,
  partIn,
  undeclaredCustomers,
  wholeStack,
} from "../../../stacks/src/outputs/left-out-customers";

const prefix = "urn:pulumi:dev::resistant-tenants::";
const inCustomer = "resistant:index:Customer$";
const tenant = "pulumi-nodejs:dynamic/resistant:Tenant";

function heldOf(...names: string[]): HeldResource[] {
  return names.flatMap((name) =>
    [
      ["resistant:index:Customer", `resistant:index:Customer::${name}`],
      [tenant, `${inCustomer}${tenant}::${name}`],
      [
        "aws:secretsmanager/secret:Secret",
        `${inCustomer}aws:secretsmanager/secret:Secret::${name}/eu-1/default`,
      ],
    ].map(([type, end]) => ({ type, urn: `${prefix}${end}`, outputs: {} }) as HeldResource),
  );
}

describe("the part of a stack that an operation changes", () => {
  for (const [command, environment, targets, excludes] of [
    ["/bin/pulumi up --yes", {}, [], []],
    ["pulumi up --target a --target=b -t c", {}, ["a", "b", "c"], []],
    ["pulumi up -t=a -tb -yt c -yt=d -dyet e --tags f", {}, ["a", "b", "c", "d", "e"], []],
    ["pulumi up --target-dependents --target-replace d", {}, ["d"], []],
    ["pulumi up --exclude-dependents --exclude e --exclude=f", {}, [], ["e", "f"]],
    ["pulumi up", { PULUMI_OPTION_TARGET: "g", PULUMI_OPTION_TARGET_REPLACE: "h" }, ["g", "h"], []],
    ["pulumi up --exclude i", { PULUMI_OPTION_EXCLUDE: "j" }, [], ["i"]],
    ["", {}, [], []],
  ] as const)
    it(`is read from "${command}" with ${JSON.stringify(environment)}`, () => {
      assert.deepEqual(partIn(command, environment), { ...wholeStack, targets, excludes });
    });
});

describe("an operation of the engine", () => {
  for (const [command, isRefresh] of [
    ["pulumi refresh --run-program --yes", true],
    ["pulumi up --refresh --yes", false],
    ["pulumi --stack dev destroy --run-program", false],
  ] as const)
    it(`${isRefresh ? "deletes nothing" : "deletes what is not declared"}: ${command}`, () => {
      assert.equal(partIn(command, {}).isRefresh, isRefresh);
    });
});

describe("customers that the program no longer declares", () => {
  const held = heldOf("acme", "globex", "initech");
  const undeclared = undeclaredCustomers(held, new Set(["acme"]));
  const leftOut = (targets: string[], excludes: string[] = []): string[] =>
    leftOutCustomers(undeclared, held, { ...wholeStack, targets, excludes });

  it("are those whose tenants the stack has", () => {
    assert.deepEqual(undeclared, ["globex", "initech"]);
  });

  it("are all deleted by an update of the whole stack", () => {
    assert.deepEqual(leftOut([]), []);
  });

  it("are all left as they are by a refresh", () => {
    assert.deepEqual(leftOutCustomers(undeclared, held, { ...wholeStack, isRefresh: true }), undeclared);
  });

  for (const [target, expected] of [
    [`${prefix}${inCustomer}${tenant}::globex`, ["initech"]],
    [`${prefix}resistant:index:Customer::globex`, ["initech"]],
    ["**::acme**", ["globex", "initech"]],
    ["**Customer::*", []],
    // A single star ends at a colon.
    ["*::globex", ["globex", "initech"]],
    ["**::globex/eu-1/default", ["globex", "initech"]],
    ["**Customer::glo.ex", ["globex", "initech"]],
  ] as const)
    it(`are left as they are outside of the target ${target}`, () => {
      assert.deepEqual(leftOut([target]), expected);
    });

  for (const [exclude, expected] of [
    ["**::globex/eu-1/default", ["globex"]],
    ["**Tenant::initech", ["initech"]],
    ["**", ["globex", "initech"]],
    ["**::acme", []],
  ] as const)
    it(`are left as they are with what depends on them: ${exclude}`, () => {
      assert.deepEqual(leftOut([], [exclude]), expected);
    });
});
