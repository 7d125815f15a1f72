import { strict as assert } from "node:assert";
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { exportJWK } from "jose";
import { decide } from "resistant-tenants-service/actions/decide";
import { submit } from "resistant-tenants-service/actions/submit";
import type { ServiceContext } from "resistant-tenants-service/context";
import type { Person } from "resistant-tenants-service/person";
import { openDatabase, write } from "resistant-tenants-service/records/database";
import type { RequestRow } from "resistant-tenants-service/records/schema";
import type { NewRequest, RequestState } from "resistant-tenants-service/requests/request";
import { installQueue, openJobs } from "resistant-tenants-service/work/queue";
import { stringify } from "yaml";

import { runProcess } from "../../../sandbox/process";
import { descendants, repositoryRoot } from "../../engine/engine";
import { addPerson, type DatabaseServer, makeKeys, runtimeRole, type TestDatabase } from "../records/service";
import { startWorkSandbox, type WorkSandbox, type WorkSandboxOptions } from "./sandbox";

/** A worker process of the service. */
export interface WorkerProcess {
  readonly pid: number;
  readonly child: ChildProcess;
  /** Kills it, and nothing that it started: as a crash does. */
  kill(): Promise<void>;
  /** Kills it and all that it started: as the end of its container does. */
  killAll(): Promise<void>;
  /** Lets it end. */
  end(): Promise<void>;
}

/** The service as its web process sees it, with real workers, engine, vendor's API and database. */
export class ServiceUnderTest {
  readonly #workers: WorkerProcess[] = [];

  private constructor(
    readonly sandbox: WorkSandbox,
    readonly database: TestDatabase,
    readonly context: ServiceContext,
    readonly requester: Person,
    readonly approver: Person,
    private readonly clock: { aheadMs: number },
    private readonly closeJobs: () => Promise<void>,
  ) {}

  static async start(server: DatabaseServer, options: WorkSandboxOptions = {}): Promise<ServiceUnderTest> {
    const [sandbox, database] = await Promise.all([startWorkSandbox(options), server.create()]);
    await installQueue(database.ownerUrl, runtimeRole);
    const keys = await makeKeys();
    const publicKey = await exportJWK(keys.publicKey);
    const { settings } = sandbox;
    await writeFile(
      path.join(sandbox.directory, "service.yaml"),
      stringify({ ...settings, approvals: { publicKey } }),
    );
    const opened = openDatabase(database.url, 6);
    const jobs = openJobs(opened);
    const clock = { aheadMs: 0 };
    const context: ServiceContext = {
      database: opened,
      settings,
      jobs,
      approvals: keys,
      now: () => new Date(Date.now() + clock.aheadMs),
    };
    const requester = await addPerson(context, { roles: ["requester"] });
    const approver = await addPerson(context, { roles: ["approver"] });
    return new ServiceUnderTest(sandbox, database, context, requester, approver, clock, () => jobs.close());
  }

  /** Puts the clock on, and has another worker go on from there. */
  async later(ms: number): Promise<void> {
    this.clock.aheadMs += ms;
    for (const worker of this.#workers)
      if (worker.child.exitCode === null && worker.child.signalCode === null) await worker.end();
    await this.startWorker({ TENANTS_NOW: this.context.now().toISOString() });
  }

  get workers(): readonly WorkerProcess[] {
    return this.#workers;
  }

  /** What the workers wrote. */
  async logs(): Promise<string> {
    return readFile(path.join(this.sandbox.directory, "worker.log"), "utf8");
  }

  /** Starts a worker process. */
  async startWorker(env: Record<string, string> = {}): Promise<WorkerProcess> {
    const log = createWriteStream(path.join(this.sandbox.directory, "worker.log"), { flags: "a" });
    const child = spawn(process.execPath, [path.join(repositoryRoot, "service/dist/worker.js")], {
      env: {
        ...this.sandbox.environment,
        DATABASE_URL: this.database.url,
        SERVICE_SETTINGS: path.join(this.sandbox.directory, "service.yaml"),
        ...env,
      },
      cwd: this.sandbox.directory,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    const exited = once(child, "exit");
    const pid = child.pid ?? 0;
    const worker: WorkerProcess = {
      pid,
      child,
      kill: async () => {
        child.kill("SIGKILL");
        await exited;
      },
      killAll: async () => {
        for (const id of await descendants(pid)) killIfThere(id);
        await exited;
      },
      end: async () => {
        child.kill("SIGTERM");
        await exited;
      },
    };
    this.#workers.push(worker);
    let seen = "";
    child.stdout.on("data", (data: Buffer) => (seen += data.toString()));
    await this.until(() => seen.includes("workerStarted") || child.exitCode !== null, "the worker starts");
    assert.equal(child.exitCode, null, await this.logs());
    return worker;
  }

  /** @param over another clock than the machine's, for one */
  async submit(request: NewRequest, over: Partial<ServiceContext> = {}): Promise<string> {
    const { requestIds } = await write(this.context, (writing) =>
      submit({ ...this.context, ...over }, writing, this.requester, request),
    );
    return requestIds[0] ?? "";
  }

  /** Approves the present plan of a request. */
  async approve(requestId: string): Promise<void> {
    const { plan_id: planId } = await this.request(requestId);
    const { digest } = await this.context.database
      .selectFrom("plans")
      .select("digest")
      .where("id", "=", planId ?? "")
      .executeTakeFirstOrThrow();
    const evidence = { kind: "accessToken", accessToken: "token", authenticatedAt: new Date() } as const;
    await write(this.context, (writing) =>
      decide(this.context, writing, this.approver, requestId, { decision: "approve", digest }, evidence),
    );
  }

  async request(id: string): Promise<RequestRow> {
    return this.context.database
      .selectFrom("requests")
      .selectAll()
      .where("id", "=", id)
      .executeTakeFirstOrThrow();
  }

  /** Waits until a request is in a state; one that fails fails the test, unless that is waited for. */
  async reaches(id: string, ...states: RequestState[]): Promise<RequestRow> {
    let row = await this.request(id);
    await this.until(
      async () => {
        row = await this.request(id);
        const isWanted = states.includes(row.state as RequestState);
        if (!isWanted && ["failed", "refused", "withdrawn", "expired", "done"].includes(row.state))
          assert.fail(
            `request ${row.kind} is ${row.state}: ${JSON.stringify(row.problem)}\n${await this.logs()}`,
          );
        return isWanted;
      },
      `request ${id} reaches ${states.join(" or ")}`,
    );
    return row;
  }

  /** Submits a request and waits until it is done. */
  async complete(request: NewRequest): Promise<RequestRow> {
    return this.reaches(await this.submit(request), "done");
  }

  async customer(name: string) {
    return this.context.database
      .selectFrom("customers")
      .selectAll()
      .where("name", "=", name)
      .orderBy("created_at", "desc")
      .executeTakeFirstOrThrow();
  }

  /** The kinds of a request's events, in their order, and what they say. */
  async events(requestId: string): Promise<{ kind: string; data: Record<string, unknown> }[]> {
    const rows = await this.context.database
      .selectFrom("events")
      .select("text")
      .where("request_id", "=", requestId)
      .orderBy("sequence")
      .execute();
    return rows.map(({ text }) => JSON.parse(text) as { kind: string; data: Record<string, unknown> });
  }

  /** The events of some kinds, in their order. */
  async eventsOfKind(...kinds: string[]) {
    return this.context.database
      .selectFrom("events")
      .selectAll()
      .where("kind", "in", kinds)
      .orderBy("sequence")
      .execute();
  }

  /** Gets a token with the credentials that a secret holds. */
  async tokenOf(secretArn: string): Promise<string> {
    const stored = await this.sandbox.storedSecret(secretArn);
    const { client_id: id, client_secret: secret, token_url: url, scopes } = stored as Record<string, string>;
    const answer = await fetch(url ?? "", {
      method: "POST",
      headers: { authorization: `Basic ${Buffer.from(`${id ?? ""}:${secret ?? ""}`).toString("base64")}` },
      body: new URLSearchParams({ grant_type: "client_credentials", scope: [scopes].flat().join(" ") }),
    });
    const body = (await answer.json()) as { access_token?: string };
    assert.equal(answer.status, 200, JSON.stringify(body));
    return body.access_token ?? "";
  }

  /** The names of the vendor's tenants. */
  vendorNames(): string[] {
    return this.sandbox.vendor.control.tenants().map(({ name }) => name);
  }

  /** How many applications a tenant has at the vendor. */
  vendorApplications(name: string): number {
    return (
      this.sandbox.vendor.control.tenants().find((tenant) => tenant.name === name)?.applications.length ?? 0
    );
  }

  tenantId(name: string): string | undefined {
    return this.sandbox.vendor.control.tenants().find((tenant) => tenant.name === name)?.tenantId;
  }

  /** The stacks of the backend. */
  async stacks(): Promise<string[]> {
    const folder = path.join(this.sandbox.directory, "state", ".pulumi", "stacks", "resistant-tenants");
    const files = await readdir(folder).catch(() => []);
    return files.filter((file) => file.endsWith(".json")).map((file) => file.slice(0, -".json".length));
  }

  async pause(isPaused: boolean): Promise<void> {
    const { database } = this.context;
    if (isPaused) {
      const row = { stage: "testing", reason: "a test", paused_by: this.requester.id, paused_at: new Date() };
      await database.insertInto("pauses").values(row).execute();
    } else await database.deleteFrom("pauses").execute();
  }

  /** How many applies were put off. */
  async postponed(): Promise<number> {
    const [row] = await this.database.asOwner<{ count: string }>(
      "select count(*) from pgboss.job where name = 'apply' and state = 'created' and start_after > created_on",
    );
    return Number(row?.count);
  }

  /** Runs an `up` of a customer's stack as somebody outside the service would. */
  async outside(name: string, change: Record<string, unknown> = {}): Promise<void> {
    const { stack_settings: settings, entry, stack } = await this.customer(name);
    const args = ["up", "--yes", "--skip-preview"];
    const configuration = this.context.settings.stages.testing?.configuration ?? {};
    const file = path.join(this.sandbox.directory, "outside.yaml");
    const config = {
      ...configuration,
      "tenants:stage": "testing",
      "tenants:journal": this.context.settings.work.journal,
      "tenants:customers": [{ ...entry, ...change }],
    };
    await writeFile(file, stringify({ ...settings, config }));
    const result = await runProcess("pulumi", [...args, "--stack", stack, "--config-file", file], {
      cwd: repositoryRoot,
      env: {
        ...this.sandbox.environment,
        PULUMI_BACKEND_URL: this.context.settings.work.backendUrl,
        PULUMI_SKIP_UPDATE_CHECK: "true",
        PULUMI_OPTION_CONFIG_FILE: file,
      },
    });
    assert.equal(result.exitCode, 0, result.stdout + result.stderr);
  }

  /** Makes a tenant at the vendor that is nobody's here, and gives its id. */
  addTenantAtVendor(name: string): string {
    const at = new Date().toISOString();
    const tenant = { tenantId: randomUUID(), name, cells: ["eu-1" as const], applications: [] };
    this.sandbox.vendor.control.restoreTenant({ ...tenant, created: at, updated: at });
    return tenant.tenantId;
  }

  async until(holds: () => boolean | Promise<boolean>, what: string, seconds = 400): Promise<void> {
    const deadline = performance.now() + seconds * 1_000;
    while (!(await holds())) {
      if (performance.now() > deadline) assert.fail(`Waited too long until ${what}.\n${await this.logs()}`);
      await sleep(50);
    }
  }

  async close(): Promise<void> {
    for (const worker of this.#workers) {
      if (worker.child.exitCode === null && worker.child.signalCode === null) await worker.killAll();
    }
    await this.closeJobs();
    await this.context.database.destroy();
    await this.sandbox.close();
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
