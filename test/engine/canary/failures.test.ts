import { strict as assert } from "node:assert";

import { DeleteSecretCommand } from "@aws-sdk/client-secrets-manager";

import type { FaultInput } from "../../../sandbox/api/faults";
import { acme, fourCustomers } from "../customers";
import { Canary, summaryOf } from "./canary";

const up = ["up", "--yes", "--skip-preview", "--json", "--debug", "-v=8", "--logtostderr"];
const base64 = (text: string): string => Buffer.from(text).toString("base64url");
/** What a server would quote that repeats what it was sent. */
const quotedToken = `${base64('{"alg":"RS256"}')}.${base64('{"iss":"0oa-organization"}')}.${base64("a signature of it")}`;

describe("no credential in what a failed update prints or writes", function () {
  this.timeout(600_000);
  let canary: Canary;

  before(async () => {
    canary = await Canary.create({ customers: fourCustomers as never });
    canary.planted.push({ name: "the token that a server quotes", value: quotedToken });
  });
  after(async () => {
    await canary.close();
  });

  async function failsClean(
    what: string,
    faults: readonly FaultInput[],
    env: Record<string, string> = {},
  ): Promise<string> {
    const { control } = canary.stack.sandbox;
    for (const fault of faults) control.addFault(fault);
    const { exitCode, stdout, stderr, leaks } = await canary.run(up, env);
    control.clearFaults();
    assert.deepEqual(summaryOf(leaks), [], what);
    assert.notEqual(exitCode, 0, `${what} should have failed`);
    return stdout + stderr;
  }

  it("if no token is given, and if servers quote what they were sent", async () => {
    const body = (field: string): string =>
      JSON.stringify({ error: "invalid_client", [field]: `expired: ${quotedToken} (${"x".repeat(20)})` });
    const refused = await failsClean("token refused", [
      {
        operation: "token",
        kind: "status",
        status: 401,
        body: body("error_description"),
        times: Infinity,
      },
    ]);
    assert.match(refused, /expired: \[credential\]/);
    const failed = await failsClean("create refused", [
      { operation: "createTenant", kind: "status", status: 400, body: body("message"), times: Infinity },
    ]);
    assert.match(failed, /expired: \[credential\]/);
  });

  it("if answers with credentials are lost, cut off or wrong", async () => {
    const faults: FaultInput[] = [
      { operation: "createTenantApplication", kind: "status", status: 500, nth: 1, carriedOut: true },
      { operation: "createTenantApplication", kind: "half-body", nth: 2 },
      {
        operation: "createTenantApplication",
        kind: "garbage-body",
        nth: 3,
        body: '{"client_secret": "cut o',
      },
      { operation: "createTenantApplication", kind: "reset-after", nth: 4 },
    ];
    await failsClean("lost answers", faults);
    assert.ok(canary.stack.sandbox.control.issuedSecrets().length > 4);
  });

  it("if a credential cannot be stored", async () => {
    await canary.stack.workspace.configure({ "tenants:rotation": { every: "90d", overlap: "7d" } });
    await canary.stack.workspace.configure({ "tenants:replaceLostApplications": true });
    await canary.run(up);
    for (const name of await canary.stack.listSecrets({ includePlannedDeletion: false })) {
      await canary.stack.aws.send(
        new DeleteSecretCommand({ SecretId: name, ForceDeleteWithoutRecovery: true }),
      );
    }
    await canary.stack.setCustomers([
      { ...acme, applications: [{ cell: "eu-1", authMethod: "EC" }] },
      ...fourCustomers.slice(1),
    ] as never);
    await failsClean("nothing can be stored", [], {
      TENANTS_NOW: new Date(Date.now() + 91 * 86_400_000).toISOString(),
    });
    canary.assertNoDumps();
  });
});
