import { strict as assert } from "node:assert";
import { generateKeyPairSync } from "node:crypto";
import { setTimeout } from "node:timers/promises";

import {
  DeleteSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
} from "@aws-sdk/client-secrets-manager";
import { z } from "zod";

import type { ConfigValue } from "../../sandbox/pulumi/config-file";
import { proveToken } from "../../sandbox/start/proof";
import { exhaustiveTag } from "../suites";
import { mentions } from "../support/mentions";
import { acme } from "./customers";
import { StackUnderTest } from "./engine";

const rotation = { every: "90d", overlap: "7d" };

const outputsSchema = z.object({
  customers: z.object({
    acme: z.object({
      applications: z.array(
        z.object({
          applicationId: z.string(),
          clientId: z.string(),
          authMethod: z.string(),
          keyId: z.string().optional(),
          secretArn: z.string(),
          createdAt: z.string(),
          rotatedAt: z.string().optional(),
        }),
      ),
    }),
  }),
});

/** A stack whose clock stands at a day: day 0 is the first of January. */
class AgingStack {
  private constructor(readonly stack: StackUnderTest) {}

  static async create(application: ConfigValue, stage?: "testing" | "production"): Promise<AgingStack> {
    const customers = [{ ...acme, applications: [application] }];
    return new AgingStack(
      await StackUnderTest.create({ customers, ...(stage === undefined ? {} : { stage }) }),
    );
  }

  async declare(application: ConfigValue): Promise<void> {
    await this.stack.setCustomers([{ ...acme, applications: [application] }]);
  }

  upOn(day: number, ...flags: string[]): Promise<string> {
    return this.stack.succeed(["up", "--yes", "--skip-preview", ...flags], on(day));
  }

  failOn(day: number, ...flags: string[]): Promise<string> {
    return this.stack.fail(["up", "--yes", "--skip-preview", ...flags], on(day));
  }

  previewOn(day: number, ...flags: string[]): Promise<string> {
    return this.stack.succeed(["preview", ...flags], on(day));
  }

  /** The applications that exist at the vendor, oldest first. */
  get existing(): string[] {
    return this.stack.existing()["acme"] ?? [];
  }

  async outputs() {
    const { customers } = outputsSchema.parse(await this.stack.workspace.outputs());
    return customers.acme.applications[0]!;
  }

  /** Reads what the secret holds under a label. */
  async stored(stage: "AWSCURRENT" | "AWSPREVIOUS" = "AWSCURRENT"): Promise<Record<string, unknown>> {
    const { secretArn } = await this.outputs();
    const { SecretString } = await this.stack.aws.send(
      new GetSecretValueCommand({ SecretId: secretArn, VersionStage: stage }),
    );
    return JSON.parse(SecretString ?? "") as Record<string, unknown>;
  }

  async versionCount(): Promise<number> {
    const { secretArn } = await this.outputs();
    const { Versions } = await this.stack.aws.send(
      new ListSecretVersionIdsCommand({ SecretId: secretArn, IncludeDeprecated: true }),
    );
    return Versions?.length ?? 0;
  }
}

function on(day: number): { env: Record<string, string> } {
  return { env: { TENANTS_NOW: new Date(Date.UTC(2026, 0, 1 + day)).toISOString() } };
}

/** Asks for tokens with what the secret holds, again and again, until it is stopped. */
function startClient(stack: StackUnderTest, secretArn: string) {
  const stopped = new AbortController();
  const failures: unknown[] = [];
  const clients = new Set<unknown>();
  const running = (async () => {
    while (!stopped.signal.aborted) {
      try {
        const value = await stack.storedSecret(secretArn);
        await proveToken(value);
        clients.add(value["client_id"]);
      } catch (error) {
        failures.push(error);
      }
      // The other processes need the machine, too.
      await setTimeout(200);
    }
  })();
  return {
    async stop() {
      stopped.abort();
      await running;
      return { failures, clients: clients.size };
    },
  };
}

describe("rotation, on the engine", function () {
  let aging: AgingStack;

  afterEach(async () => {
    await aging.stack.finish();
  });

  it("is no change if it is configured and not due; then both credentials work until the overlap is over", async () => {
    aging = await AgingStack.create({ cell: "eu-1" });
    await aging.upOn(0);
    const first = await aging.stored();
    const { createdAt, rotatedAt, secretArn } = await aging.outputs();
    assert.deepEqual([createdAt, rotatedAt], ["2026-01-01T00:00:00.000Z", undefined]);
    await aging.declare({ cell: "eu-1", rotation });
    await aging.previewOn(89, "--expect-no-changes");

    const client = startClient(aging.stack, secretArn);
    assert.match(await aging.upOn(90), /acme\/eu-1\/default: .*\bevery 90d\b.*generation 2\b/);
    await aging.upOn(90, "--expect-no-changes");
    const second = await aging.stored();
    assert.deepEqual(aging.existing, [first["application_id"], second["application_id"]]);
    assert.deepEqual(await aging.stored("AWSPREVIOUS"), first);
    await proveToken(first);
    const { applicationId, ...rotated } = await aging.outputs();
    assert.equal(applicationId, second["application_id"]);
    assert.deepEqual(
      [rotated.createdAt, rotated.rotatedAt],
      ["2026-04-01T00:00:00.000Z", "2026-04-01T00:00:00.000Z"],
    );
    assert.match(await aging.upOn(97), /generation 1 \(client .*\b7d\b/);
    assert.deepEqual(aging.existing, [second["application_id"]]);
    await aging.upOn(97, "--expect-no-changes");
    assert.equal(await aging.versionCount(), 2);
    const { failures, clients } = await client.stop();
    assert.deepEqual(failures, []);
    assert.equal(clients, 2);
  });

  it(`is one rotation if two and their overlaps are late, and its overlap is still to come ${exhaustiveTag}`, async () => {
    aging = await AgingStack.create({ cell: "eu-1", rotation });
    await aging.upOn(0);
    const first = await aging.stored();
    const client = startClient(aging.stack, (await aging.outputs()).secretArn);
    await aging.upOn(400);
    const second = await aging.stored();
    assert.deepEqual(aging.existing, [first["application_id"], second["application_id"]]);
    await aging.upOn(406, "--expect-no-changes");
    assert.equal(await aging.versionCount(), 2);
    const { failures, clients } = await client.stop();
    assert.deepEqual(failures, []);
    assert.equal(clients, 2);
  });

  it(`removes the old one at once without an overlap, but only when the new one was stored ${exhaustiveTag}`, async () => {
    aging = await AgingStack.create({ cell: "eu-1", authMethod: "EC" });
    await aging.upOn(0);
    const first = await aging.stored();
    // It stands in the file without quotes.
    await aging.declare({
      cell: "eu-1",
      authMethod: "EC",
      rotation: { rotateAt: ["2026-01-11"], overlap: 0 },
    });
    await aging.upOn(9, "--expect-no-changes");
    const { secretArn } = await aging.outputs();
    await aging.stack.aws.send(
      new DeleteSecretCommand({ SecretId: secretArn, ForceDeleteWithoutRecovery: true }),
    );
    // It deletes what it can, whatever has failed.
    await aging.failOn(10, "--continue-on-error");
    assert.equal(aging.existing.length, 2);
    assert.equal(aging.existing[0], first["application_id"]);
    await aging.stack.succeed(["refresh", "--yes", "--skip-preview"]);
    await proveToken(first);
    assert.match(await aging.upOn(10), /acme\/eu-1\/default: .*\bgeneration 2\b/);
    const second = await aging.stored();
    assert.deepEqual(aging.existing, [second["application_id"]]);
    await proveToken(second);
    await aging.upOn(11, "--expect-no-changes");
  });

  it(`leaves a change to the next generation, unless configured for at once ${exhaustiveTag}`, async () => {
    aging = await AgingStack.create({ cell: "eu-1", rotation });
    await aging.upOn(0);
    const changed = { cell: "eu-1", authMethod: "RSA", scopes: ["documents.submissions.read"] };
    await aging.declare({ ...changed, rotation });
    assert.match(
      await aging.previewOn(1, "--expect-no-changes"),
      /acme\/eu-1\/default .*documents\.submissions\.read .*2026-04-01.*acme\/eu-1\/default .*\bRSA\b/s,
    );
    await aging.declare({ ...changed, rotation: { ...rotation, changes: "immediately" } });
    assert.match(await aging.upOn(1), /\bscopes, authMethod\b/);
    const { authMethod, keyId } = await aging.outputs();
    const second = await aging.stored();
    assert.deepEqual(
      [authMethod, keyId, second["scopes"]],
      ["RSA", second["key_id"], ["documents.submissions.read"]],
    );
    await proveToken(second);
    await proveToken(await aging.stored("AWSPREVIOUS"));
    await aging.upOn(2, "--expect-no-changes");
  });

  it(`deletes two generations at once, though a refresh saw the first as AWSPREVIOUS, which it no longer is ${exhaustiveTag}`, async () => {
    aging = await AgingStack.create({ cell: "eu-1", rotation });
    await aging.upOn(0);
    await aging.upOn(90);
    await aging.stack.succeed(["refresh", "--yes", "--skip-preview"]);
    const changed = { cell: "eu-1", scopes: ["documents.submissions.read"] };
    await aging.declare({ ...changed, rotation: { ...rotation, changes: "immediately" } });
    await aging.upOn(92);
    assert.equal(aging.existing.length, 3);
    await aging.upOn(100);
    const third = await aging.stored();
    assert.deepEqual(aging.existing, [third["application_id"]]);
    await proveToken(third);
    await aging.upOn(100, "--expect-no-changes");
  });

  it(`needs no ceremony for an active customer in production, whose credentials stay safeguarded ${exhaustiveTag}`, async () => {
    aging = await AgingStack.create({ cell: "eu-1", authMethod: "EC", rotation }, "production");
    await aging.upOn(0);
    await aging.upOn(90);
    assert.equal(aging.existing.length, 2);
    const destroy = ["destroy", "--yes", "--skip-preview"];
    assert.match(await aging.stack.fail(destroy), /cannot be deleted\s+because it is protected/);
    assert.equal(aging.existing.length, 2);
    await aging.upOn(97);
    const { applicationId } = await aging.outputs();
    assert.deepEqual(aging.existing, [applicationId]);
    assert.match(await aging.stack.fail(destroy), /cannot be deleted\s+because it is protected/);
    await proveToken(await aging.stored());
    await aging.upOn(97, "--expect-no-changes");
  });

  it(`continues after a SIGKILL with the saved key, and creates one generation ${exhaustiveTag}`, async () => {
    aging = await AgingStack.create({ cell: "eu-1", authMethod: "EC", rotation });
    const { stack } = aging;
    await aging.upOn(0);
    const before = stack.sandbox.control.requests().createTenantApplication;
    stack.sandbox.control.addFault({ operation: "createTenantApplication", kind: "hang", carriedOut: true });
    await stack.killUpWhen(
      () => stack.sandbox.control.requests().createTenantApplication > before,
      on(90).env,
    );
    stack.sandbox.control.clearFaults();
    await proveToken(await aging.stored());
    await aging.upOn(300);
    assert.equal(aging.existing.length, 2);
    await proveToken(await aging.stored());
    const { applicationId, rotatedAt } = await aging.outputs();
    assert.deepEqual(
      [applicationId, rotatedAt],
      [aging.existing[1], new Date(on(300).env["TENANTS_NOW"]!).toISOString()],
    );
    const { exitCode } = await stack.tenants("reconcile", "--fix", "--yes");
    assert.equal(exitCode, 0);
  });

  it(`follows a customer's own key: it contains no private key, and another key is the next generation ${exhaustiveTag}`, async () => {
    const [one, two] = [0, 1].map(() => generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey);
    const application = {
      cell: "eu-1",
      authMethod: "EC",
      rotation: { overlap: "7d", changes: "immediately" },
    };
    aging = await AgingStack.create({
      ...application,
      publicKey: one!.export({ type: "spki", format: "pem" }).toString(),
    });
    await aging.upOn(0);
    const { private_key, key_id, alg } = await aging.stored();
    assert.deepEqual([private_key, alg], [undefined, "ES256"]);
    const { deployment } = await aging.stack.workspace.exportState();
    assert.ok(!deployment.resources.some(({ type }) => type.endsWith("SigningKey")));
    await aging.upOn(1000, "--expect-no-changes");
    await aging.declare({
      ...application,
      publicKey: JSON.stringify(two!.export({ format: "jwk" })),
      keyId: "two",
    });
    assert.match(await aging.upOn(1000), /\bpublicKey, keyId\b/);
    assert.equal(aging.existing.length, 2);
    assert.deepEqual(
      [(await aging.stored())["key_id"], (await aging.stored("AWSPREVIOUS"))["key_id"]],
      ["two", key_id],
    );
    await aging.upOn(1007);
    assert.equal(aging.existing.length, 1);
  });

  it("refuses a clock that is set wrongly, before anything is created", async () => {
    aging = await AgingStack.create({ cell: "eu-1" });
    const printed = await aging.stack.fail(["up", "--yes", "--skip-preview"], {
      env: { TENANTS_NOW: "tomorrow" },
    });
    mentions(printed, "TENANTS_NOW", "RFC 3339");
    assert.deepEqual(aging.stack.existing(), {});
  });
});
