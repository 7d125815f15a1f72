import { strict as assert } from "node:assert";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { isLeftBehind, locksIn } from "../../../operations/src/fleet/busy";
import { decide } from "../../../operations/src/fleet/decide";
import { toMessage } from "../../../operations/src/fleet/digest";
import { workThrough } from "../../../operations/src/fleet/line";
import { placeInS3 } from "../../../operations/src/stack/backend-files";
import { type Compression, compressions, plain, stackResource, statesIn, writeState } from "./written-states";

const nowMs = Date.parse("2026-11-26T12:00:00Z");
const digest = "0123456789abcdef";
const empty = { name: "prod-0", customers: [] };

/** A file backend with one stack, whose last run ended at noon. */
async function backendWith(
  folder: string,
  state: object,
  history: object[],
  { ending, pack }: Compression = plain,
): Promise<void> {
  const runs = path.join(folder, ".pulumi/history/tenants/prod-0");
  await mkdir(runs, { recursive: true });
  await writeState(folder, `prod-0.json${ending}`, state, pack);
  for (const [index, run] of history.entries())
    await writeFile(path.join(runs, `prod-0-${index}.history.json${ending}`), pack(JSON.stringify(run)));
}

const up = { kind: "update", result: "succeeded", message: toMessage(digest), endTime: nowMs / 1000 };
const component = {
  urn: "urn:pulumi:prod-0::tenants::resistant:index:Customer::acme",
  type: "resistant:index:Customer",
};

describe("operations: which stacks of a fleet are run", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "fleet-run-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const state = (time: string, more: object = {}): object => ({
    manifest: { time },
    resources: [stackResource, component],
    ...more,
  });
  const asLeft = state("2026-11-26T12:00:00.500Z");
  const pending = { pending_operations: [{ type: "creating", resource: component }] };
  const cases: Array<[why: string, what: string, state: object, history: object[]]> = [
    ["nothing", "its last run was an up that applied just this", asLeft, [up]],
    [
      "nothing",
      "a refresh after it found all as it was",
      asLeft,
      [up, { ...up, kind: "refresh", message: "", resourceChanges: { same: 2 } }],
    ],
    ["changed", "it applied something else", asLeft, [{ ...up, message: toMessage("other") }]],
    ["changed", "somebody else ran the last up", asLeft, [up, { ...up, message: "by hand" }]],
    [
      "changed",
      "a refresh changed something",
      asLeft,
      [up, { ...up, kind: "refresh", resourceChanges: { update: 1 } }],
    ],
    ["failed", "its last run failed", asLeft, [up, { ...up, result: "failed" }]],
    ["interrupted", "its state was written after its last run", state("2026-11-26T12:00:01Z"), [up]],
    ["interrupted", "an operation is pending", state("2026-11-26T12:00:00Z", pending), [up]],
    ["interrupted", "no run is in its history", asLeft, []],
    ["empty", "it holds nothing", state("2026-11-26T12:00:00Z", { resources: [stackResource] }), []],
  ];
  for (const [why, what, given, history] of cases) {
    it(`decides "${why}" if ${what}`, async () => {
      await backendWith(folder, given, history);
      const states = await statesIn(folder);
      assert.deepEqual(await states.list(), ["prod-0"]);
      assert.equal(await decide(empty, await states.read("prod-0"), digest, nowMs), why);
    });
  }

  for (const compression of compressions) {
    const { ending, pack } = compression;

    it(`reads states and history with the ending ${ending}`, async () => {
      await backendWith(folder, asLeft, [up], compression);
      const states = await statesIn(folder);
      assert.deepEqual(await states.list(), ["prod-0"]);
      assert.equal(await decide(empty, await states.read("prod-0"), digest, nowMs), "nothing");
    });

    it(`takes the one that was written last if there is another state with the ending ${ending}`, async () => {
      await backendWith(folder, asLeft, [up]);
      const states = await statesIn(folder);
      const other = (time: string) =>
        writeState(folder, `prod-0.json${ending}`, state(time, { resources: [stackResource] }), pack);
      const sizes: number[] = [];
      for (const time of ["2026-11-26T11:00:00Z", "2026-11-26T13:00:00Z"]) {
        await other(time);
        sizes.push((await states.read("prod-0")).resources.length);
      }
      assert.deepEqual(sizes, [2, 1]);
      assert.deepEqual(await states.list(), ["prod-0"]);
    });

    it(`finds the newest backup of a missing state with the ending ${ending}`, async () => {
      const states = await statesIn(folder);
      assert.equal(await states.readBackup("prod-0"), undefined);
      await writeState(folder, "prod-0.json.bak", state("2026-11-26T11:00:00Z", { resources: [] }));
      await writeState(folder, `prod-0.json${ending}.bak`, asLeft, pack);
      const backup = await states.readBackup("prod-0");
      assert.equal(backup?.file, `.pulumi/stacks/tenants/prod-0.json${ending}.bak`);
      assert.equal(backup.resources.length, 2);
    });
  }

  it("decides that a missing stack is new, if it has customers", async () => {
    assert.equal(await decide(empty, undefined, digest, nowMs), "empty");
  });

  it("reads the locks that the engine names, and whose they are", () => {
    const said = (host: string, pid: number): string =>
      "the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.\n" +
      `  file:///srv/state/lock.json?metadata=skip: created by ci@${host} (pid ${pid}) at 2026-11-26T08:00:00Z`;
    const [running] = locksIn(said(os.hostname(), process.pid)) ?? [];
    const [elsewhere] = locksIn(said("elsewhere", 999_999_999)) ?? [];
    const [dead] = locksIn(said(os.hostname(), 999_999_999)) ?? [];
    assert.ok(running !== undefined && elsewhere !== undefined && dead !== undefined);
    assert.deepEqual([running, elsewhere, dead].map(isLeftBehind), [false, false, true]);
    assert.equal(elsewhere.owner, "ci@elsewhere");
    assert.equal(locksIn("the tenant could not be created"), undefined);
    // The engine looked at a lock that was taken away at that moment.
    const gone =
      'error: blob (key ".pulumi/locks/organization/tenants/prod-0/1.json") (code=NotFound): open …';
    assert.deepEqual(locksIn(gone), [{}]);
  });

  it("clears the locks that it found, and none that another process has taken since", async () => {
    const states = await statesIn(folder);
    const locks = path.join(folder, ".pulumi/locks/organization/tenants/prod-0");
    await mkdir(locks, { recursive: true });
    const lock = {
      pid: 999_999_999,
      username: "ci",
      hostname: os.hostname(),
      timestamp: "2026-11-26T08:00:00Z",
    };
    await writeFile(path.join(locks, "old.json"), JSON.stringify(lock));
    const found = (await states.locks("prod-0")) ?? [];
    assert.deepEqual(found.map(isLeftBehind), [true]);
    await writeFile(path.join(locks, "new.json"), JSON.stringify({ ...lock, pid: process.pid }));
    assert.equal(await states.clear(found), true);
    const left = (await states.locks("prod-0")) ?? [];
    assert.deepEqual(
      left.map(({ processId }) => processId),
      [process.pid],
    );
  });

  it("reads the location of a backend in S3, and leaves unknown ones to the engine", () => {
    assert.deepEqual(
      placeInS3("s3://state?region=eu-west-1&endpoint=minio:9000&disableSSL=true&s3ForcePathStyle=true"),
      { bucket: "state", prefix: "", region: "eu-west-1", endpoint: "http://minio:9000", usePathStyle: true },
    );
    assert.deepEqual(placeInS3("s3://state?prefix=a/&profile=ci&endpoint=https://s3.example.com"), {
      bucket: "state",
      prefix: "a/",
      profile: "ci",
      endpoint: "https://s3.example.com",
    });
    for (const url of [
      "https://api.pulumi.com",
      "gs://state",
      "s3://state?anonymous=true",
      "s3://state/folder",
    ])
      assert.equal(placeInS3(url), undefined, url);
  });

  it("puts a busy one at the end of the queue, and gives it up if nothing changes", async () => {
    const tried: string[] = [];
    const results = await workThrough(["busy", "first", "second", "stuck"], {
      jobs: 1,
      patienceMs: 1,
      work: (item) => {
        tried.push(item);
        const isBusy =
          item === "stuck" || (item === "busy" && tried.filter((one) => one === item).length === 1);
        return Promise.resolve(isBusy ? { busy: `process ${item}` } : { result: item });
      },
      onBusy: (item, busy) => `${item}: ${busy}`,
      onEnd: (item) => `${item}: left`,
    });
    assert.deepEqual(tried.slice(0, 4), ["busy", "first", "second", "stuck"]);
    assert.deepEqual(results, ["busy", "first", "second", "stuck: process stuck"]);
  });

  it("begins nothing more once it is to end", async () => {
    const ending = new AbortController();
    const results = await workThrough(["one", "two"], {
      jobs: 1,
      patienceMs: 1,
      work: (item) => {
        ending.abort();
        return Promise.resolve({ result: item });
      },
      onBusy: () => "busy",
      onEnd: (item) => `${item}: left`,
      signal: ending.signal,
    });
    assert.deepEqual(results, ["one", "two: left"]);
  });
});
