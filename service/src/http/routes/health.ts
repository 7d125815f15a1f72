import { sql } from "kysely";

import { apiRoot, type App, type WebContext } from "../web-context";

/** Registers the routes that report whether the process runs, and whether it can serve. They need no log-in. */
export function healthRoutes(app: App, { database, log }: WebContext): void {
  for (const root of ["", apiRoot]) {
    app.get(`${root}/health`, { schema: { hide: true } }, () => ({ status: "ok" }));
    app.get(`${root}/ready`, { schema: { hide: true } }, async (_request, reply) => {
      try {
        await sql`select 1 from requests limit 1`.execute(database);
        return { status: "ready" };
      } catch {
        log("warn", "notReady");
        return reply.code(503).send({ status: "the database does not answer" });
      }
    });
  }
}
