import { strict as assert } from "node:assert";
import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import path from "node:path";

import { sql } from "kysely";
import { Client } from "pg";
import { openDatabase } from "resistant-tenants-service/records/database";
import { migrate, MigrationError } from "resistant-tenants-service/records/migrate";
import { runtimeRights } from "resistant-tenants-service/records/rights";

import { makeService, newCustomer, runtimeRole, useDatabaseServer } from "./service";

/** What the tables are: columns, constraints, indexes, triggers, and what the runtime's role may do. */
const shapeQuery = `
  select table_name || '.' || column_name as what, concat_ws(' ', data_type, is_nullable, column_default) as how
    from information_schema.columns where table_schema = 'public'
  union all select conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid)
    from pg_constraint where connamespace = 'public'::regnamespace
  union all select indexname, indexdef from pg_indexes where schemaname = 'public'
  union all select tgrelid::regclass || ' ' || tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
  union all select table_name || '.' || column_name, grantee || ' ' || privilege_type
    from information_schema.column_privileges where grantee = '${runtimeRole}'
  order by 1, 2`;

describe("the service's migrations", () => {
  const server = useDatabaseServer();

  it("do nothing on a database that is up to date, and refuse one of a later release, or one that was created otherwise", async () => {
    const { ownerUrl, asOwner } = await server().create();
    assert.deepEqual(await migrate(ownerUrl, runtimeRole), []);
    await asOwner("insert into schema_versions (version, hash) values (9999, 'later')");
    await assert.rejects(migrate(ownerUrl, runtimeRole), MigrationError);
    await asOwner("delete from schema_versions where version = 9999");
    await asOwner("update schema_versions set hash = 'other' where version = 1");
    await assert.rejects(migrate(ownerUrl, runtimeRole), MigrationError);
  });

  it("lead from each version to the same tables as from an empty database, with what is in them", async () => {
    const admin = new Client(server().postgres.urlOf());
    await admin.connect();
    const all = await readdir(path.resolve(__dirname, "../../../service/src/records/migrations"));
    const latest = all.filter((name) => name.endsWith(".sql")).length;
    const shapes: unknown[][] = [];
    try {
      for (let version = 0; version < latest; version++) {
        const name = `from_${version}_${randomUUID().slice(0, 8)}`;
        await admin.query(`create database ${name}`);
        const url = server().postgres.urlOf(name);
        const owner = new Client(url);
        const person = randomUUID();
        if (version > 0) await migrate(url, undefined, version);
        await owner.connect();
        try {
          if (version > 0)
            await owner.query(
              "insert into people (id, issuer, subject, roles, groups, seen_at) values ($1, 'i', 's', '[]', '[]', now())",
              [person],
            );
          const added = await migrate(url, runtimeRole);
          assert.deepEqual(
            added,
            Array.from({ length: latest - version }, (_, index) => version + 1 + index),
          );
          const { rows } = await owner.query<{ id: string }>("select id from people");
          assert.deepEqual(
            rows.map(({ id }) => id),
            version > 0 ? [person] : [],
          );
          shapes.push((await owner.query(shapeQuery)).rows);
        } finally {
          await owner.end();
        }
      }
    } finally {
      await admin.end();
    }
    assert.ok((shapes[0]?.length ?? 0) > 300);
    for (const shape of shapes) assert.deepEqual(shape, shapes[0]);
  });

  it("give the runtime's role no way to change what is on record, and nothing that it owns", async () => {
    const { url, asOwner } = await server().create();
    const database = openDatabase(url, 1);
    try {
      for (const [table, rights] of Object.entries(runtimeRights)) {
        const may = async (right: string): Promise<boolean> => {
          const [row] = await asOwner<{ may: boolean }>("select has_table_privilege($1, $2, $3) as may", [
            runtimeRole,
            table,
            right,
          ]);
          return row?.may ?? false;
        };
        assert.deepEqual(
          [await may("UPDATE"), await may("DELETE"), await may("TRUNCATE"), await may("TRIGGER")],
          [rights.update === true, rights.delete === true, false, false],
          table,
        );
      }
      for (const statement of [
        "update events set text = ''",
        "delete from approvals",
        "truncate approval_ends",
        "delete from plans",
        "update requests set requester_person = 'somebody else'",
        "update customers set stack = 'another'",
        "alter table events disable trigger all",
        "grant update on events to current_user",
        "create table mine (id int)",
        "select * from schema_versions",
      ]) {
        const code = await sql
          .raw(statement)
          .execute(database)
          .then(
            () => "done",
            (error: unknown) => (error as { code: string }).code,
          );
        // GRANT without the right to warns, and grants nothing.
        if (statement.startsWith("grant")) assert.ok(["42501", "done"].includes(code));
        else assert.equal(code, "42501", statement);
      }
      await assert.rejects(sql`update events set text = ''`.execute(database), { code: "42501" });
      const owned = await asOwner("select relname from pg_class where relowner = $1::regrole", [runtimeRole]);
      assert.deepEqual(owned, []);
    } finally {
      await database.destroy();
    }
  });

  it("also keep the owner from changing the record, unless it removes the triggers", async () => {
    const service = await makeService(server());
    try {
      const requester = await service.addPerson({});
      await service.submit(requester, newCustomer("acme"));
      const { asOwner } = service.database;
      await assert.rejects(asOwner("update events set kind = 'other'"), { code: "42501" });
      await assert.rejects(asOwner("delete from events"), { code: "42501" });
      await assert.rejects(asOwner("truncate events cascade"), { code: "42501" });
      await assert.rejects(asOwner("update requests set requester_subject = 'other'"), { code: "42501" });
      await assert.rejects(asOwner("update requests set state = 'queued'"), { code: "23514" });
      await assert.rejects(asOwner("update requests set state = 'applying'"), { code: "23514" });
      await assert.rejects(asOwner("update events set text = '{}' where false; truncate plans cascade"), {
        code: "42501",
      });
    } finally {
      await service.close();
    }
  });
});
