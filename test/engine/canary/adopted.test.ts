import { strict as assert } from "node:assert";
import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";

import {
  type Authentication,
  createTransport,
  defaultRetryPolicy,
  documentsScopes,
  parsePublicKey,
  TenantManagementApi,
} from "../../../provider/src/client";
import { tokensOf } from "../../support/sandbox-api";
import { acme, globex } from "../customers";
import { assertClean, Canary, summaryOf } from "./canary";

const up = ["up", "--yes", "--skip-preview", "--json", "--debug", "-v=8", "--logtostderr"];

/**
 * Lets the provider's process end by an error that nothing catches, right after it has read a private key. The engine's
 * host catches what it can, so its handlers go first.
 */
const crash = `
if (process.argv.some((argument) => argument.includes("dynamic-provider"))) {
  const crypto = require("node:crypto");
  const { createPrivateKey } = crypto;
  crypto.createPrivateKey = (...args) => {
    setImmediate((credential) => {
      process.removeAllListeners("uncaughtException");
      throw new Error("a fault of the provider's, with " + typeof credential);
    }, args[0]);
    return createPrivateKey(...args);
  };
}
`;

describe("no credential if someone else's credentials are adopted, or a process crashes", function () {
  this.timeout(600_000);
  let canary: Canary;
  let adopting: (arnOfKey: string) => object[];
  let keyArn: string;
  let otherArn: string;

  before(async () => {
    canary = await Canary.create();
    const { stack } = canary;
    const [own, other] = ["own", "other"].map((name) => {
      const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const pem = pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
      canary.planted.push({ name: `the ${name} key that was made by hand`, value: pem });
      return { pem, publicKey: pair.publicKey.export({ type: "spki", format: "pem" }).toString() };
    });
    const { numbers, thumbprint } = await parsePublicKey(own!.publicKey);
    const transport = createTransport();
    const { apiUrl } = stack.sandbox;
    const tokens = tokensOf(stack.sandbox, transport);
    const api = new TenantManagementApi({
      stage: "testing",
      apiUrl,
      tokens,
      transport,
      retryPolicy: defaultRetryPolicy,
    });
    const { tenantId } = await api.createTenant({ name: "acme" });
    const make = (authentication: Authentication) =>
      api.createApplication(tenantId, { cell: "eu-1", scopes: documentsScopes, authentication });
    const byKey = await make({ ...numbers, keyId: thumbprint });
    const bySecret = await make({ type: "CLIENT_SECRET" });
    await api.close();
    assert.ok(bySecret.credentials.type === "CLIENT_SECRET");
    const { clientSecret } = bySecret.credentials;
    const tags = { stage: "testing", cell: "eu-1", customer: "acme", tenant_id: tenantId };
    keyArn = await stack.createSecret("ec", own!.pem, tags);
    const secretArn = await stack.createSecret("secret", clientSecret, tags);
    otherArn = await stack.createSecret("other", other!.pem, tags);
    adopting = (arnOfKey) => [
      {
        ...acme,
        adopt: tenantId,
        applications: [
          {
            cell: "eu-1",
            purpose: "ec",
            authMethod: "EC",
            adopt: { applicationId: byKey.applicationId, secretArn: arnOfKey },
          },
          { cell: "eu-1", purpose: "secret", adopt: { applicationId: bySecret.applicationId, secretArn } },
        ],
      },
    ];
    await stack.setCustomers(adopting(otherArn) as never);
  });
  after(async () => {
    await canary.close();
  });

  it("if a secret contains another key than the application's", async () => {
    const { exitCode, leaks, stdout } = await canary.run(up);
    assert.notEqual(exitCode, 0);
    assert.deepEqual(summaryOf(leaks), []);
    assert.match(stdout, new RegExp(otherArn));
  });

  it("if everything is adopted, and the commands that read it are run", async () => {
    await canary.stack.setCustomers(adopting(keyArn) as never);
    assertClean("preview", await canary.run(["preview", "--json", "--show-sames", "--debug"]));
    assertClean("up", await canary.run(up));
    for (const args of [
      ["list", "--json"],
      ["credentials", "--json"],
      ["reconcile", "--json"],
      ["audit", "show", "--json"],
    ]) {
      assertClean(args.join(" "), await canary.tenants(args));
    }
  });

  it("if the provider's process ends by an uncaught error", async () => {
    const preload = canary.file("crash.cjs");
    await writeFile(preload, crash);
    await canary.stack.setCustomers([...adopting(keyArn), globex] as never);
    const { exitCode, leaks } = await canary.run(up, {
      NODE_OPTIONS: `--require=${preload}`,
    });
    assert.notEqual(exitCode, 0);
    assert.deepEqual(summaryOf(leaks), []);
    canary.assertNoDumps();
  });
});
