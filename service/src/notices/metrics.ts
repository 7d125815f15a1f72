import type { Kysely } from "kysely";
import { Counter, Gauge, type Registry } from "prom-client";

import type { Schema } from "../records/schema";
import { countNotices } from "./outbox";

/** Registers the worker's metrics of mails and webhooks: attempts by result, and notices by state. */
export function noticeMetrics(registry: Registry, database: Kysely<Schema>): Counter<"channel" | "outcome"> {
  const registers = [registry];
  new Gauge({
    name: "provisioning_notices",
    help: "Mails and webhook messages by state: waiting, sent, superseded, failed. Finished ones are stored for 30 days.",
    labelNames: ["channel", "state"],
    registers,
    async collect() {
      this.reset();
      for (const { channel, state, count } of await countNotices(database))
        this.set({ channel, state }, count);
    },
  });
  return new Counter({
    name: "provisioning_notice_attempts_total",
    help: "Attempts to send a mail or a webhook message, by result.",
    labelNames: ["channel", "outcome"],
    registers,
  });
}
