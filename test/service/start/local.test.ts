import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";

import { proveToken } from "../../../sandbox/start/proof";
import { exhaustiveTag } from "../../suites";
import { mentioning, mentions } from "../../support/mentions";
import { as, type Described, described, end, root, useStarts } from "./starts";

describe("npm run service", function () {
  this.timeout(400_000);

  let folder: string;
  const start = useStarts();

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "resistant-tenants-local-"));
  });
  afterEach(async () => {
    const database = await readlink(path.join(folder, "data/postgres")).catch(() => undefined);
    if (database !== undefined) await rm(database, { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  });

  it(`keeps everything with --data over a restart, each process with its own environment ${exhaustiveTag}`, async () => {
    const people = path.join(folder, "people.yaml");
    await writeFile(
      people,
      "- { username: petra, password: secret, roles: [requester], employeeNumber: P-1 }\n",
    );
    const data = path.join(folder, "data");
    const first = await start(["--data", data, "--people", people]);
    const exactly = (...roles: string[]): number =>
      first.service.people.filter((person) => person.roles.join() === roles.join()).length;
    assert.deepEqual(
      [exactly("requester"), exactly("approver"), exactly("administrator"), exactly("auditor")],
      [3, 2, 1, 1],
    );
    await assertEnvironments(first.child.pid ?? 0);

    const petra = await as(first.service, "petra");
    const { id } = await petra.submit({
      kind: "createCustomer",
      stage: "testing",
      reason: "To be kept",
      customer: { name: "kept", customerId: "CRM-7", cells: ["eu-1"] },
    });
    await petra.until(id, "done");
    const before = await petra.call("GET", "/customers/testing/kept");
    assert.equal(await end(first.child, "SIGTERM"), 143);

    const again = await start(["--data", data, "--people", people]);
    const after = await (await as(again.service, "petra")).call("GET", "/customers/testing/kept");
    assert.deepEqual(after.body, before.body);
    const { applications } = z
      .object({ applications: z.array(z.object({ secretArn: z.string() })).min(1) })
      .parse(after.body);
    for (const { secretArn } of applications) {
      const token = await proveToken(await readSecret(again.service, secretArn));
      assert.equal(token.method, "client_secret_basic");
    }
    const pidOf = async (name: string): Promise<number> => {
      const children = await childrenOf(again.child.pid ?? 0);
      return children.find(({ line }) => line.includes(`dist/${name}.js`))?.pid ?? 0;
    };
    for (const name of ["worker", "web"]) {
      const killed = await pidOf(name);
      process.kill(killed, "SIGKILL");
      await until(async () => ![0, killed].includes(await pidOf(name)));
    }
    await until(() => answers(`${again.service.url}/ready`));
    mentions(again.printed(), "worker", "SIGKILL");
    assert.equal(await end(again.child, "SIGTERM"), 143);
    assert.ok(!existsSync(path.join(data, "start.pid")));
  });

  it(`ends with npm, whose shell passes no signal on ${exhaustiveTag}`, async () => {
    const npm = spawn("npm", ["run", "--silent", "service", "--", "--json"], {
      cwd: root,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [line] = (await once(npm.stdout, "data")) as [Buffer];
    const { url } = described.parse(JSON.parse(line.toString()));
    assert.equal((await fetch(`${url}/health`)).status, 200);
    // Whoever has the pipe open is there still: it is closed once all have ended.
    const ended = once(npm.stdout, "close");
    npm.kill("SIGTERM");
    npm.stdout.resume();
    await ended;
    await assert.rejects(fetch(`${url}/health`));
  });

  it("refuses a folder that contains something else", async () => {
    const other = path.join(folder, "other");
    await mkdir(other);
    await writeFile(path.join(other, "notes.txt"), "mine");
    await assert.rejects(start(["--data", other]), mentioning("notes.txt"));
    assert.deepEqual(await readdir(other), ["notes.txt"]);
  });
});

/** The web process has nothing of the worker's, and the worker cannot make up an approval. */
async function assertEnvironments(start: number): Promise<void> {
  const children = await childrenOf(start);
  const of = async (name: string): Promise<string[]> => {
    const pid = children.find(({ line }) => line.includes(`dist/${name}.js`))?.pid ?? 0;
    const text = await readFile(`/proc/${pid}/environ`, "utf8");
    return text.split("\0").map((line) => line.split("=")[0] ?? "");
  };
  const [web, worker] = await Promise.all([of("web"), of("worker")]);
  assert.deepEqual(
    web.filter((name) => /^(?:AWS|PULUMI|TENANTS)_|OWNER/.test(name)),
    [],
  );
  assert.deepEqual(
    worker.filter((name) => /APPROVAL_KEY|SESSION_KEY|CLIENT_SECRET|OWNER/.test(name)),
    [],
  );
  assert.ok(web.includes("SERVICE_APPROVAL_KEY") && worker.includes("PULUMI_CONFIG_PASSPHRASE"));
}

async function answers(url: string): Promise<boolean> {
  return await fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(100);
}

async function childrenOf(parent: number): Promise<{ pid: number; line: string }[]> {
  const text = await readFile(`/proc/${parent}/task/${parent}/children`, "utf8");
  const ids = text.trim().split(/\s+/).map(Number);
  return await Promise.all(
    ids.map(async (pid) => ({ pid, line: await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "") })),
  );
}

async function readSecret({ secretsManagerUrl }: Described, arn: string): Promise<unknown> {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const client = new SecretsManagerClient({ endpoint: secretsManagerUrl, region: "eu-west-1", credentials });
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: arn }));
    return JSON.parse(SecretString ?? "");
  } finally {
    client.destroy();
  }
}
