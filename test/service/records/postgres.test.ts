import { strict as assert } from "node:assert";
import { existsSync } from "node:fs";
import { chmod, lstat, mkdtemp, readdir, readlink, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { Client } from "pg";

import { type Postgres, startPostgres } from "../../../sandbox/service/postgres";
import { findBinaries } from "../../../sandbox/service/postgres-binaries";

async function query<Row>(url: string, sql: string): Promise<Row[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows as Row[];
  } finally {
    await client.end();
  }
}

async function postmasterOf(postgres: Postgres): Promise<number> {
  const [row] = await query<{ pid: string }>(
    postgres.urlOf(),
    "select split_part(pg_read_file('postmaster.pid'), E'\\n', 1) as pid",
  );
  return Number(row?.pid);
}

/** A process that was killed takes a moment to end. */
async function untilSilent(postgres: Postgres): Promise<void> {
  for (;;) {
    try {
      await query(postgres.urlOf(), "select 1");
    } catch {
      return;
    }
  }
}

describe("the PostgreSQL of a local start", () => {
  it("runs on loopback with a password, and is deleted with its data after close", async () => {
    const postgres = await startPostgres();
    const [row] = await query<{ version: string; data: string; hosts: string }>(
      postgres.urlOf(),
      "select current_setting('server_version_num') as version, current_setting('data_directory') as data, current_setting('listen_addresses') as hosts",
    );
    assert.ok(Number(row?.version) >= 150_000);
    assert.equal(row?.hosts, "127.0.0.1");
    assert.ok(!row.data.startsWith(path.resolve(__dirname, "../../..") + path.sep));
    const withoutPassword = postgres.urlOf().replace(/:[^:@]+@/, ":wrong@");
    await assert.rejects(query(withoutPassword, "select 1"), { code: "28P01" });
    await Promise.all([postgres.close(), postgres.close()]);
    assert.ok(!existsSync(row.data));
    await assert.rejects(query(postgres.urlOf(), "select 1"), { code: "ECONNREFUSED" });
  });

  it("runs from a copy of the package that still works when the work tree is gone", async () => {
    const base = await mkdtemp(path.join(os.tmpdir(), "postgres-base-"));
    try {
      const copy = await findBinaries(base);
      const files = (await readdir(copy, { recursive: true })).map((file) => path.join(copy, file));
      const targets: string[] = [];
      for (const file of files) {
        if ((await lstat(file)).isSymbolicLink()) targets.push(await readlink(file));
      }
      assert.ok(targets.length > 0);
      assert.deepEqual(
        targets.filter((target) => path.isAbsolute(target)),
        [],
      );
    } finally {
      await rm(base, { recursive: true, force: true });
    }
  });

  it("keeps the data of a named folder, continues with a server that still runs there, and restarts a killed one", async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "kept-postgres-"));
    await chmod(folder, 0o755);
    try {
      const first = await startPostgres({ folder });
      await query(first.urlOf(), "create table kept as select 7 as value");
      const again = await startPostgres({ folder });
      assert.equal(again.port, first.port);
      process.kill(await postmasterOf(first), "SIGKILL");
      await untilSilent(first);
      const restarted = await startPostgres({ folder });
      try {
        assert.deepEqual(await query(restarted.urlOf(), "select value from kept"), [{ value: 7 }]);
      } finally {
        await restarted.close();
        await Promise.all([first.close(), again.close()]);
      }
      assert.ok(existsSync(path.join(folder, "data", "PG_VERSION")));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
