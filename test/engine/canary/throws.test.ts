import { strict as assert } from "node:assert";
import { writeFile } from "node:fs/promises";

import { fourCustomers } from "../customers";
import { assertClean, Canary, summaryOf } from "./canary";

const up = ["up", "--yes", "--skip-preview", "--json", "--debug", "-v=8", "--logtostderr"];

/**
 * Lets the program fail where it has a credential at hand: in the message, the stack, the cause and a property of an error
 * that nothing catches, and once without an error around it.
 */
const throwing = `
if (process.argv.some((argument) => /cmd.run/.test(argument))) {
  const { stringify } = JSON;
  JSON.stringify = (value, ...rest) => {
    const secret = value?.client_secret ?? value?.private_key;
    if (typeof secret !== "string") return stringify(value, ...rest);
    JSON.stringify = stringify;
    void Promise.reject(secret);
    void Promise.reject(Object.freeze(new Error("frozen with " + secret)));
    setImmediate(() => {
      throw Object.assign(new Error("a fault with " + secret, { cause: new Error(secret) }), { args: value });
    });
    throw Object.assign(new Error("another fault with " + secret), { request: { body: stringify(value) } });
  };
}
`;

describe("no credential in what is thrown with one at hand", function () {
  this.timeout(600_000);
  let canary: Canary;

  before(async () => {
    canary = await Canary.create({ customers: fourCustomers });
    assertClean("up", await canary.run(up));
  });
  after(async () => {
    await canary.close();
  });

  async function failsClean(env: Record<string, string> = {}): Promise<string> {
    const { exitCode, stdout, stderr, leaks } = await canary.run(up, env);
    assert.deepEqual(summaryOf(leaks), []);
    assert.notEqual(exitCode, 0);
    return stdout + stderr;
  }

  it("if the program throws with a credential at hand", async () => {
    const preload = canary.file("throwing.cjs");
    await writeFile(preload, throwing);
    const printed = await failsClean({ NODE_OPTIONS: `--require=${preload}` });
    assert.match(printed, /fault with \[credential\]/);
  });

  it("if the answer to a delete repeats the credential of what is deleted", async () => {
    const echo = canary.credentials().find(({ name }) => /^client_secret of .*\/acme\//.test(name));
    assert.ok(echo !== undefined);
    await canary.stack.setCustomers(fourCustomers.slice(1));
    const body = JSON.stringify({ message: `refused for ${echo.value} {"client_secret":"a1b2c3d4e5f6"}` });
    canary.planted.push({ name: "the secret that the API tells", value: "a1b2c3d4e5f6" });
    canary.stack.sandbox.control.addFault({
      operation: "deleteTenantApplication",
      kind: "status",
      status: 400,
      body,
      times: Infinity,
    });
    const printed = await failsClean();
    assert.match(printed, /refused for \[credential\]/);
    await canary.stack.setCustomers(fourCustomers);
  });
});
