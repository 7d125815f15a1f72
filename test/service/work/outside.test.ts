import { strict as assert } from "node:assert";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import path from "node:path";

import { startingStateOf } from "resistant-tenants-service/plan/starting-state";
import { noticeOutsideUpdate } from "resistant-tenants-service/work/outside";

import { saveCustomer } from "../records/customer";
import { makeService, type TestService, useDatabaseServer } from "../records/service";

/** More than a system's highest process id. */
const goneProcess = 2 ** 30;

describe("an update outside the service", () => {
  const server = useDatabaseServer();
  let service: TestService;
  let folder: string;
  /** The time of the stack's state. */
  let time: string;
  beforeEach(async () => {
    service = await makeService(server());
    folder = await mkdtemp(path.join(tmpdir(), "outside-"));
    service.context.settings.work.backendUrl = `file://${folder}`;
    await saveCustomer(service, await service.addPerson({}), "acme");
    await service.context.database.updateTable("customers").set({ last_update: "the service's" }).execute();
  });
  afterEach(async () => {
    await service.close();
    await rm(folder, { recursive: true });
  });

  /** Looks at the stack, whose state had the given time at first. */
  async function look(first = time): Promise<string[]> {
    const { context } = service;
    const customer = await context.database.selectFrom("customers").selectAll().executeTakeFirstOrThrow();
    const stateAt = (at: string) => ({ deployment: { manifest: { time: at } } });
    const engine = {
      project: folder,
      environment: {},
      export: () => Promise.resolve(stateAt(time)),
      pulumi: {
        run: () => Promise.resolve("organization/resistant-tenants/acme\n"),
        runWithoutStack: () => Promise.reject(new Error("not run")),
        typed: () => "",
      },
    };
    await noticeOutsideUpdate({ context }, engine, customer, startingStateOf(stateAt(first)));
    const events = await context.database
      .selectFrom("events")
      .select("text")
      .where("kind", "=", "outsideUpdate")
      .orderBy("sequence")
      .execute();
    return events.map(({ text }) => (JSON.parse(text) as { data: { lastUpdate: string } }).data.lastUpdate);
  }

  /** Locks the stack, as an update does. */
  async function lock(pid: number, host = hostname()): Promise<string> {
    const locks = path.join(folder, ".pulumi/locks/organization/resistant-tenants/acme");
    await mkdir(locks, { recursive: true });
    const file = path.join(locks, "one.json");
    await writeFile(file, JSON.stringify({ pid, username: "eve", hostname: host, timestamp: "" }));
    return file;
  }

  it("is on record once, at its end, if it is looked at while it runs", async () => {
    time = "a step's";
    for (const host of [hostname(), "another-host"]) {
      const held = await lock(process.pid, host);
      assert.deepEqual(await look(), []);
      await rm(held);
    }
    time = "the end's";
    assert.deepEqual(await look("a step's"), []);
    assert.deepEqual(await look(), ["the end's"]);
    assert.deepEqual(await look(), ["the end's"]);
    time = "the next one's";
    assert.deepEqual(await look(), ["the end's", "the next one's"]);
  });

  it("is on record if it was killed, and has left its lock", async () => {
    time = "a step's";
    await lock(goneProcess);
    assert.deepEqual(await look(), ["a step's"]);
  });

  it("is on record if it was killed on another host, once no step can still be running", async () => {
    await lock(process.pid, "another-host");
    const minutesAgo = (minutes: number) =>
      new Date(service.context.now().getTime() - minutes * 60_000).toISOString();
    time = minutesAgo(25);
    assert.deepEqual(await look(), []);
    time = minutesAgo(35);
    assert.deepEqual(await look(), [time]);
  });

  it("is not one of the service's", async () => {
    time = "the service's";
    assert.deepEqual(await look(), []);
  });
});
