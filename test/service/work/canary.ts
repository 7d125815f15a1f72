import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

import { sql } from "kysely";
import { viewOf } from "resistant-tenants-service/actions/view";
import { readCustomer } from "resistant-tenants-service/customers/customers";

import { descendants } from "../../engine/engine";
import type { ServiceUnderTest } from "./service";

/** The places in which no credential may ever be. */
export const places = ["database", "queue", "log", "arguments", "environment", "answers"] as const;
export type Place = (typeof places)[number];

/** Watches the places of a service for credentials. */
export class Canary {
  /** What was seen of processes, by place. */
  readonly #seen = { arguments: new Set<string>(), environment: new Set<string>() };
  readonly #timer: NodeJS.Timeout;

  /** @param roots the processes that are watched, with all that they start */
  constructor(
    private readonly service: ServiceUnderTest,
    roots: () => readonly number[],
  ) {
    this.#timer = setInterval(() => void this.#sample(roots()), 150);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Looks at the processes now. */
  async #sample(roots: readonly number[]): Promise<void> {
    for (const root of roots) {
      for (const pid of await descendants(root).catch(() => [])) {
        for (const [place, file] of [
          ["arguments", "cmdline"],
          ["environment", "environ"],
        ] as const) {
          const text = await readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
          if (text !== "") this.#seen[place].add(text);
        }
      }
    }
  }

  /** How many different ones were seen. */
  get samples(): number {
    return this.#seen.arguments.size;
  }

  /** Tells in which places one of some texts is. */
  async find(secrets: readonly string[]): Promise<Place[]> {
    const texts: Record<Place, string> = {
      database: await this.#rowsOf("public"),
      queue: await this.#rowsOf("pgboss"),
      log: await this.#files(),
      arguments: [...this.#seen.arguments].join("\n"),
      environment: [...this.#seen.environment].join("\n"),
      answers: await this.#answers(),
    };
    return places.filter((place) => secrets.some((secret) => holds(texts[place], secret)));
  }

  async #rowsOf(schema: string): Promise<string> {
    const tables = await this.service.database.asOwner<{ name: string }>(
      "select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables where table_schema = $1 and table_type = 'BASE TABLE'",
      [schema],
    );
    const rows: unknown[] = [];
    for (const { name } of tables)
      rows.push(await this.service.database.asOwner(`select t::text as row from ${name} t`));
    return JSON.stringify(rows);
  }

  /** Logs, the folders of jobs, the journal, and the state, in which secrets are encrypted. */
  async #files(): Promise<string> {
    const { directory } = this.service.sandbox;
    const names = await readdir(directory, { recursive: true, withFileTypes: true });
    const files = names
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => path.join(parentPath, name));
    return (await Promise.all(files.map((file) => readFile(file, "utf8").catch(() => "")))).join("\n");
  }

  async #answers(): Promise<string> {
    const { context, requester } = this.service;
    const ids = await context.database.selectFrom("requests").select("id").execute();
    const auditor = { ...requester, roles: ["auditor", "requester"] as const };
    const views = await Promise.all(ids.map(({ id }) => viewOf(context, auditor, id)));
    const customers = await context.database
      .selectFrom("customers")
      .select(["stage", "name"])
      .where("record", "is not", null)
      .where(sql<boolean>`status <> 'deleted'`)
      .execute();
    const records = await Promise.all(
      customers.map(({ stage, name }) => readCustomer(context, auditor, stage, name)),
    );
    return JSON.stringify([views, records]);
  }
}

/** A text stands as it is, in JSON, or in Base64. */
function holds(text: string, secret: string): boolean {
  const forms = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString("base64").replace(/=+$/, ""),
  ];
  return forms.some((form) => text.includes(form));
}
