import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import path from "node:path";
import { promisify } from "node:util";

import { Client } from "pg";
import { checkRuntimeRole } from "resistant-tenants-service/records/database";
import { prepareDatabase } from "resistant-tenants-service/work/prepare";

import { type Postgres, startPostgres } from "../../../sandbox/service/postgres";
import { exhaustiveTag } from "../../suites";
import { mentioning, mentions } from "../../support/mentions";
import { as, end, root, useStarts } from "./starts";

const settingsError =
  (...names: string[]) =>
  (error: Error): boolean => {
    mentions(error.message, ...names);
    return error.name === "SettingsError";
  };

/** A database on somebody's own server, with an owner and a role for the runtime. */
interface OwnDatabase {
  owner: string;
  runtime: string;
  /** Runs a statement as the server's superuser. */
  query: <Row>(sql: string) => Promise<Row[]>;
}

describe("a database of your own", function () {
  this.timeout(400_000);

  let postgres: Postgres;
  const clients: Client[] = [];
  const start = useStarts();

  before(async () => {
    postgres = await startPostgres();
  });
  after(async () => {
    await Promise.all(clients.map((client) => client.end()));
    await postgres.close();
  });

  async function connect(url: string): Promise<Client> {
    const client = new Client(url);
    await client.connect();
    clients.push(client);
    return client;
  }

  /** The names need quotes, and the passwords are no part of a URL as they are. */
  async function makeDatabase(): Promise<OwnDatabase> {
    const id = randomBytes(4).toString("hex");
    const admin = await connect(postgres.urlOf());
    await admin.query(`create role "Owner-${id}" login password 'o/${id}'`);
    await admin.query(`create role "Runtime-${id}" login password 'r/${id}'`);
    await admin.query(`create database "own-${id}" owner "Owner-${id}"`);
    const client = await connect(postgres.urlOf(`own-${id}`));
    const url = (role: string, password: string): string =>
      `postgres://${role}-${id}:${encodeURIComponent(password)}@127.0.0.1:${postgres.port}/own-${id}`;
    return {
      owner: url("Owner", `o/${id}`),
      runtime: url("Runtime", `r/${id}`),
      query: async <Row>(sql: string) => (await client.query(sql)).rows as Row[],
    };
  }

  const node = (program: string, env: Record<string, string>): Promise<{ stdout: string }> =>
    promisify(execFile)(process.execPath, [path.join(root, "service/dist", program)], { env });

  it(`is prepared by the migrations alone, for a role that owns nothing ${exhaustiveTag}`, async () => {
    const { owner, runtime, query } = await makeDatabase();
    await assert.rejects(checkRuntimeRole(runtime), mentioning("node service/dist/migrate.js"));
    const urls = { DATABASE_OWNER_URL: owner, DATABASE_URL: runtime };
    // It prints the numbers of the migrations that it applied.
    mentions((await node("migrate.js", urls)).stdout, "1");
    assert.doesNotMatch((await node("migrate.js", urls)).stdout, /\d/);
    const name = await checkRuntimeRole(runtime);
    assert.match(name, /^Runtime-/);

    // What the role gets by any other way is found, too.
    for (const [give, take] of [
      [`grant "${name.replace("Runtime", "Owner")}" to "${name}"`, "revoke"],
      [`alter role "${name}" superuser`, "nosuperuser"],
      [`alter role "${name}" createrole`, "nocreaterole"],
      [`create table pgboss.mine (); alter table pgboss.mine owner to "${name}"`, "drop"],
    ] as const) {
      await query(give);
      await assert.rejects(checkRuntimeRole(runtime), settingsError(name, "create role"));
      if (take === "revoke") await query(give.replace("grant", "revoke").replace(" to ", " from "));
      else await query(take === "drop" ? "drop table pgboss.mine" : `alter role "${name}" ${take}`);
      await checkRuntimeRole(runtime);
    }
    for (const right of ["update (text)", "delete", "truncate", "trigger"]) {
      await query(`grant ${right} on events to "${name}"`);
      await assert.rejects(
        checkRuntimeRole(runtime),
        mentioning("node service/dist/migrate.js", "events"),
        right,
      );
      await query(`revoke ${right} on events from "${name}"`);
    }
    await query("grant delete on approvals to public");
    await assert.rejects(checkRuntimeRole(runtime), mentioning("node service/dist/migrate.js", "events"));
    // The migrations take it back.
    await node("migrate.js", urls);
    await checkRuntimeRole(runtime);
  });

  it(`is refused if its server is too old, or if one role is both, with what to do, and nothing done ${exhaustiveTag}`, async () => {
    const { owner, runtime, query } = await makeDatabase();
    await assert.rejects(
      prepareDatabase({ owner, runtime: owner }),
      settingsError("create role", "DATABASE_OWNER_URL"),
    );
    await assert.rejects(
      start([], { DATABASE_URL: owner, DATABASE_OWNER_URL: owner }),
      mentioning("create role", "DATABASE_URL"),
    );
    await assert.rejects(
      start([], { DATABASE_OWNER_URL: owner, DATABASE_URL: "" }),
      mentioning("DATABASE_URL", "DATABASE_OWNER_URL"),
    );
    // A role that may create nothing is told of the other way.
    await assert.rejects(start([], { DATABASE_URL: runtime }), mentioning("DATABASE_OWNER_URL"));

    // As a server of release 14 answers.
    await query(
      "create function public.current_setting(text) returns text language sql as $$ select case $1 when 'server_version_num' then '140018' else '14.18' end $$",
    );
    const [{ name }] = (await query("select current_database() as name")) as [{ name: string }];
    await query(`alter database "${name}" set search_path = public, pg_catalog`);
    const tooOld = ["PostgreSQL 15", "14.18"];
    await assert.rejects(prepareDatabase({ owner, runtime }), settingsError(...tooOld));
    await assert.rejects(
      start([], { DATABASE_URL: runtime, DATABASE_OWNER_URL: owner }),
      mentioning(...tooOld),
    );
    const settings = path.join(root, "no-such-file.yaml");
    await assert.rejects(
      node("migrate.js", { DATABASE_URL: runtime, DATABASE_OWNER_URL: owner }),
      mentioning(...tooOld),
    );
    await assert.rejects(node("web.js", { DATABASE_URL: runtime, SERVICE_SETTINGS: settings }), /SERVICE_/);
    const tables = await query(
      "select from pg_class join pg_namespace on pg_namespace.oid = relnamespace where nspname in ('public', 'pgboss')",
    );
    assert.equal(tables.length, 0);
  });

  it(`is used instead of the embedded one, as it is, begins empty, and is empty at the end ${exhaustiveTag}`, async () => {
    const { owner, runtime, query } = await makeDatabase();
    const env = { DATABASE_URL: runtime, DATABASE_OWNER_URL: owner };
    const { child, service, printed } = await start([], env);
    assert.ok(!printed().includes("embedded"), printed());
    const rita = await as(service, "rita");
    const { id } = await rita.submit({
      kind: "createCustomer",
      stage: "testing",
      reason: "In a database of one's own",
      customer: { name: "own", customerId: "CRM-7", cells: ["eu-1"] },
    });
    await rita.until(id, "done");
    const rows = await query("select state from requests");
    assert.deepEqual(rows, [{ state: "done" }]);
    const sessions = await query<{ usename: string }>(
      "select distinct usename from pg_stat_activity where datname = current_database() and application_name = 'resistant-tenants'",
    );
    assert.deepEqual(
      sessions.map(({ usename }) => usename),
      [decodeURIComponent(new URL(runtime).username)],
    );
    await assert.rejects(start([], env), mentioning("DATABASE_URL", "--data"));
    assert.deepEqual(await query("select state from requests"), rows);
    assert.equal(await end(child, "SIGTERM"), 143);
    const left = await query(
      "select relname from pg_class join pg_namespace on pg_namespace.oid = relnamespace where nspname in ('public', 'pgboss')",
    );
    assert.deepEqual(left, []);
  });
});
