import { strict as assert } from "node:assert";
import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";

import { documentsScopes, parsePublicKey } from "../../../provider/src/client";
import { acme, globex } from "../customers";
import { assertClean, Canary, summaryOf } from "./canary";

const up = ["up", "--yes", "--skip-preview", "--json", "--debug", "-v=8", "--logtostderr"];
const tenantId = "4a1c34d5-7e1a-4be0-9d0c-0a4bf6aa1a11";

/** Lets the provider's process end by an error that nothing catches, right after it has read a private key. */
const crash = `
if (process.argv.some((argument) => argument.includes("dynamic-provider"))) {
  const crypto = require("node:crypto");
  const { createPrivateKey } = crypto;
  crypto.createPrivateKey = (...args) => {
    const key = createPrivateKey(...args);
    setImmediate((credential) => { throw new Error("a fault of the provider's, with " + typeof credential); }, args[0]);
    return key;
  };
}
`;

describe("no credential where somebody else's credentials are adopted, or a process crashes", function () {
  this.timeout(600_000);
  let canary: Canary;
  let adopting: (arnOfKey: string) => object[];
  let keyArn: string;
  let otherArn: string;

  before(async () => {
    canary = await Canary.create();
    const { stack } = canary;
    const { control } = stack.sandbox;
    const [own, other] = ["own", "other"].map((name) => {
      const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const pem = pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
      canary.planted.push({ name: `the ${name} key that was made by hand`, value: pem });
      return { pem, publicKey: pair.publicKey.export({ type: "spki", format: "pem" }).toString() };
    });
    const { numbers, thumbprint } = await parsePublicKey(own!.publicKey);
    assert.ok(numbers.type === "EC");
    const common = { cell: "eu-1" as const, scopes: [...documentsScopes] };
    const known = new Set(control.issuedSecrets());
    control.restoreTenant({
      tenantId,
      name: "acme",
      cells: ["eu-1"],
      created: "2020-01-01T00:00:00Z",
      updated: "2020-01-01T00:00:00Z",
      applications: [
        {
          ...common,
          applicationId: "app-ec",
          clientId: "client-ec",
          authMethod: { ...numbers, kid: thumbprint },
        },
        {
          ...common,
          applicationId: "app-secret",
          clientId: "client-secret",
          authMethod: { type: "CLIENT_SECRET" },
        },
      ],
    });
    const clientSecret = control.issuedSecrets().find((value) => !known.has(value));
    assert.ok(clientSecret !== undefined, "the sandbox issued no secret");
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
            adopt: { applicationId: "app-ec", secretArn: arnOfKey },
          },
          { cell: "eu-1", purpose: "secret", adopt: { applicationId: "app-secret", secretArn } },
        ],
      },
    ];
    await stack.setCustomers(adopting(otherArn) as never);
  });
  after(async () => {
    await canary.close();
  });

  it("where a secret holds another key than the application's", async () => {
    const { exitCode, leaks, stdout } = await canary.run(up);
    assert.notEqual(exitCode, 0);
    assert.deepEqual(summaryOf(leaks), []);
    assert.match(stdout, new RegExp(otherArn));
  });

  it("where all is adopted, and the commands are run that read it", async () => {
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

  it("where the provider's process ends by an error that nothing catches", async () => {
    const preload = canary.file("crash.cjs");
    await writeFile(preload, crash);
    await canary.stack.setCustomers([...adopting(keyArn), globex] as never);
    const { exitCode, leaks, stdout, stderr } = await canary.run(up, {
      NODE_OPTIONS: `--require=${preload}`,
    });
    assert.notEqual(exitCode, 0);
    assert.deepEqual(summaryOf(leaks), []);
    assert.match(stdout + stderr, /a fault of the provider's, with/);
    canary.assertNoDumps();
  });
});
