import { strict as assert } from "node:assert";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import type { Pulumi } from "../../../operations/src/stack/pulumi";
import { configurationOf, openStack } from "../../../operations/src/stack/stack";

const values: Readonly<Record<string, string>> = {
  "aws:region": "eu-west-1",
  "tenants:stage": "testing",
  "tenants:tokenUrl": "https://eu.id.resistant.ai/oauth2/server/v1/token",
  "tenants:owner": "payments-team",
  "tenants:secrets": '{"replicate":true}',
  "tenants:customers": '[{"name":"acme","customerId":"CRM-1","cells":["eu-1"]}]',
};

/** Answers as the engine does for a stack some of whose values are encrypted, and notes which are decrypted. */
function pulumiWith(encrypted: readonly string[]): { pulumi: Pulumi; decrypted: string[] } {
  const decrypted: string[] = [];
  const config = Object.fromEntries(
    Object.entries({ ...values, "tenants:privateKey": "a key" }).map(([key, value]) => [
      key,
      key === "tenants:privateKey" || encrypted.includes(key) ? { secret: true } : { value, secret: false },
    ]),
  );
  const answer = ([first = "", second, key = ""]: readonly string[]): string => {
    if (first === "config" && second === "--json") return JSON.stringify(config);
    if (first === "whoami") return '{"url":"file:///state"}';
    if (first !== "config") return "organization/project/dev\n";
    decrypted.push(key);
    return `${values[key] ?? ""}\n`;
  };
  const run = (args: readonly string[]): Promise<string> => Promise.resolve(answer(args));
  return { pulumi: { run, runWithoutStack: run, typed: (args) => args.join(" ") }, decrypted };
}

describe("a stack's configuration", () => {
  let cwd: string;
  before(async () => {
    cwd = await mkdtemp(path.join(os.tmpdir(), "stack-"));
    await writeFile(path.join(cwd, "Pulumi.yaml"), "name: project\nruntime: nodejs\n");
  });
  after(() => rm(cwd, { recursive: true }));

  for (const encrypted of [[], ...Object.keys(values).map((key) => [key]), Object.keys(values)])
    it(`is read as the program gets it, with ${encrypted.join(", ") || "nothing"} encrypted`, async () => {
      const { pulumi, decrypted } = pulumiWith(encrypted);
      const stack = await openStack({ cwd, pulumi }, {});
      const { customers } = await configurationOf(stack);
      assert.deepEqual(
        customers.map(({ name, owner, secrets }) => [name, owner, secrets.replicateFrom]),
        [["acme", "payments-team", "eu-west-1"]],
      );
      assert.ok(!decrypted.includes("tenants:privateKey"), decrypted.join());
    });
});
