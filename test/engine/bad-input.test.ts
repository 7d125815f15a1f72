import { strict as assert } from "node:assert";
import path from "node:path";

import { exhaustiveTag } from "../suites";
import { acme, globex } from "./customers";
import { repositoryRoot, StackUnderTest } from "./engine";

const commands = [["preview"], ["up", "--yes", "--skip-preview"]];

describe("bad configuration, on the engine", function () {
  it("is refused with every problem listed once, before anything is created", async () => {
    const stack = await StackUnderTest.create({
      customers: [{ name: "Acme", cells: ["us-1"] }, globex, { ...globex, customerId: "a|b" }],
      config: { "tenants:regoin": "eu", "tenants:tokenUrl": "http://example.com/token" },
    });
    try {
      // The engine has put quotes around what was there when it created the stack.
      await stack.workspace.configure({ "tenants:keyId": 4711 });
      for (const command of commands) {
        const printed = await stack.fail(command);
        const listed = printed.split("Diagnostics:")[1]!;
        for (const problem of [
          /- tenants:regoin: /g,
          /- tenants:tokenUrl: /g,
          /- tenants:keyId: 4711 is a number/g,
          /- customer "Acme" \(customers\[0\], Pulumi\.dev\.yaml line \d+\): name: "Acme" /g,
          /- customer "Acme" \(.*\): customerId: /g,
          /- customer "Acme" \(.*\): cells\[0\]: "us-1" .* testing.* eu-1/g,
          /- customer "globex" \(customers\[2\].*\): name: /g,
          /- customer "globex" \(.*\): customerId: "a\|b" /g,
        ]) {
          assert.equal([...listed.matchAll(problem)].length, 1, `${problem.source} stands in:\n${printed}`);
        }
        assert.match(printed, /\b8 problems/);
      }
      assert.deepEqual(stack.sandbox.control.requestLog(), []);
      assert.deepEqual(await stack.listSecrets(), []);
    } finally {
      await stack.close();
    }
  });

  it("names the missing key when something has to be sent", async () => {
    const stack = await StackUnderTest.create({ customers: [acme] });
    try {
      const printed = await stack.fail(["up", "--yes", "--skip-preview"], {
        env: { TENANTS_PRIVATE_KEY: undefined },
      });
      assert.match(printed, /tenants:privateKeySecretArn.*TENANTS_PRIVATE_KEY.*tenants:privateKey/s);
    } finally {
      await stack.close();
    }
  });
});

describe("bad resource inputs, on the engine", function () {
  const cases: Array<[string, { type: string; args: Record<string, unknown> }, RegExp]> = [
    ["a tenant's name", { type: "Tenant", args: { name: "Acme Inc" } }, /property name /],
    [
      "a cell of another stage",
      { type: "Tenant", args: { name: "a", initialCells: ["us-1"] } },
      /property initialCells .*\btesting\b.*us-1/,
    ],
    ["an unknown input", { type: "Tenant", args: { name: "a", cell: "eu-1" } }, /property cell .*Tenant/],
    [
      "an application's scope",
      { type: "TenantApplication", args: { tenantId: "t", cell: "eu-1", scopes: ["admin"] } },
      /property scopes\.0 .*documents\.submissions\.read/,
    ],
    [
      "a missing public key",
      { type: "TenantApplication", args: { tenantId: "t", cell: "eu-1", authMethod: "EC" } },
      /property publicKey /,
    ],
    [
      "a short key",
      { type: "SigningKey", args: { algorithm: "RS256", modulusLength: 2048 } },
      /property modulusLength .*2048/,
    ],
  ];
  let stack: StackUnderTest;

  before(async () => {
    stack = await StackUnderTest.create({
      projectDir: path.join(repositoryRoot, "test/programs/resources"),
      config: { "resources:declare": [] },
    });
  });
  after(async () => {
    await stack.close();
  });

  for (const [index, [what, resource, message]] of cases.entries()) {
    // What a `check` refuses, the provider's own tests show; one of them shows that the engine asks.
    const tag = index === 0 ? "" : ` ${exhaustiveTag}`;
    it(`refuses ${what} in a preview and in an up${tag}`, async () => {
      await stack.workspace.configure({ "resources:declare": [{ name: "bad", ...resource }] as never });
      for (const command of commands) assert.match(await stack.fail(command), message);
      assert.deepEqual(stack.sandbox.control.requestLog(), []);
    });
  }
});
