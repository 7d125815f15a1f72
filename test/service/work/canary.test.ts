import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFile, readdir, readFile } from "node:fs/promises";
import path from "node:path";

import type { NewRequest } from "resistant-tenants-service/requests/request";

import { useDatabaseServer } from "../records/service";
import { Canary, places } from "./canary";
import { webhookSecret } from "./sandbox";
import { ServiceUnderTest } from "./service";

const common = { stage: "testing", reason: "a test" } as const;

const create = (name: string): NewRequest => ({
  kind: "createCustomer",
  ...common,
  customer: {
    name,
    customerId: "CRM-1",
    cells: ["eu-1"],
    applications: [{ cell: "eu-1" }, { cell: "eu-1", purpose: "keys", authMethod: "EC" }],
  },
});

describe("credentials, and approvals of a plan", function () {
  this.timeout(900_000);

  const server = useDatabaseServer();

  it("finds a planted credential in each place", async () => {
    const service = await ServiceUnderTest.start(server(), { encryption: "passphrase" });
    const [inTable, inQueue, inLog, inArguments, inEnvironment] = places.map(() =>
      randomBytes(16).toString("hex"),
    );
    const child = spawn(process.execPath, ["-e", "setTimeout(() => 0, 60_000)", inArguments ?? ""], {
      env: { CANARY: inEnvironment },
      stdio: "ignore",
    });
    const canary = new Canary(service, () => [child.pid ?? 0]);
    try {
      const id = await service.submit(create("acme"));
      assert.deepEqual(await canary.find([inTable, inQueue, inLog].map(String)), []);
      await service.database.asOwner("update requests set problem = $1 where id = $2", [
        { detail: inTable },
        id,
      ]);
      await service.database.asOwner("update pgboss.job set data = $1 where data->>'requestId' = $2", [
        { token: inQueue },
        id,
      ]);
      await appendFile(path.join(service.sandbox.directory, "worker.log"), `${inLog}\n`);
      await service.until(() => canary.samples > 0, "the processes were looked at");
      assert.deepEqual(await canary.find([inTable ?? ""]), ["database", "answers"]);
      assert.deepEqual(await canary.find([inQueue ?? ""]), ["queue"]);
      assert.deepEqual(await canary.find([inLog ?? ""]), ["log"]);
      assert.deepEqual(await canary.find([inArguments ?? ""]), ["arguments"]);
      assert.deepEqual(await canary.find([inEnvironment ?? ""]), ["environment"]);
    } finally {
      canary.close();
      child.kill("SIGKILL");
      await service.close();
    }
  });

  it("finds none after a full run, in which a plan whose starting state changed after its approval is approved anew", async () => {
    const service = await ServiceUnderTest.start(server(), {
      required: 1,
      isTold: true,
      encryption: "passphrase",
    });
    const canary = new Canary(service, () => service.workers.map(({ pid }) => pid));
    try {
      await service.startWorker();
      const created = await service.submit(create("acme"));
      await service.reaches(created, "waitingForApproval");
      await service.approve(created);
      await service.reaches(created, "done");
      const { etag } = await service.customer("acme");

      const id = await service.submit({
        kind: "deprecate",
        ...common,
        basedOn: etag,
        customer: { name: "acme" },
      });
      const { plan_id: first } = await service.reaches(id, "waitingForApproval");
      await service.pause(true);
      await service.approve(id);
      await service.reaches(id, "queued");
      await service.outside("acme", { owner: "somebody" });
      await service.pause(false);
      const { plan_id: second } = await service.reaches(id, "waitingForApproval");
      assert.notEqual(second, first);
      const kinds = (await service.events(id)).map(({ kind }) => kind);
      assert.ok(kinds.includes("planChanged"));
      assert.ok(kinds.includes("approvalsRevoked"));
      assert.ok(!kinds.includes("applyStarted"));
      assert.equal((await service.customer("acme")).status, "active");
      const [noticed, ...others] = await service.eventsOfKind("outsideUpdate");
      assert.equal(noticed?.customer, "acme");
      assert.deepEqual(others, []);
      await service.approve(id);
      await service.reaches(id, "done");

      const secrets = service.sandbox.vendor.control.issuedSecrets();
      const { privateKeyPem } = service.sandbox.vendor;
      const { result } = await service.request(created);
      const { applications } = result as unknown as {
        applications: { secretArn: string; purpose: string }[];
      };
      const stored = await Promise.all(
        applications.map(({ secretArn }) => service.sandbox.storedSecret(secretArn)),
      );
      const keys = stored.flatMap(({ private_key: key }) => (typeof key === "string" ? [key] : []));
      assert.equal(keys.length, 1);
      assert.ok(secrets.length > 0 && canary.samples > 5);
      const lines = [...keys, privateKeyPem].flatMap((pem) =>
        pem.split("\n").filter((line) => line.length > 30 && !line.startsWith("---")),
      );
      // Mails and calls of the webhook are files of the folder, too.
      const { directory } = service.sandbox;
      const calls = async (): Promise<string> =>
        readFile(path.join(directory, "webhook.jsonl"), "utf8").catch(() => "");
      await service.until(async () => (await calls()).includes("tenant.deprecated"), "the webhook is called");
      assert.ok((await calls()).includes("tenant.ready"));
      // Three decisions and two ends: one that asks for an approval is not sent where that is given by then.
      await service.until(
        async () => (await readdir(path.join(directory, "mail"))).length >= 5,
        "the mails are sent",
      );
      assert.deepEqual(await canary.find([...secrets, ...lines]), []);
      // The worker alone has this one.
      const found = await canary.find([webhookSecret]);
      assert.deepEqual(
        found.filter((place) => place !== "environment"),
        [],
      );
    } finally {
      canary.close();
      await service.close();
    }
  });
});
