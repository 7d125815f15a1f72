import { createServer, type Server } from "node:http";

import type { Kysely } from "kysely";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

import type { Schema } from "../records/schema";

/** The web process's metrics, for Prometheus. */
export interface Metrics {
  answered(route: string, status: number, seconds: number): void;
  text(): Promise<string>;
  readonly contentType: string;
}

/** Creates the metrics. Requests by state are counted at each read. */
export function openMetrics(database: Kysely<Schema>): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const answers = new Counter({
    name: "provisioning_http_answers_total",
    help: "Answers by route and status.",
    labelNames: ["route", "status"],
    registers,
  });
  const duration = new Histogram({
    name: "provisioning_http_seconds",
    help: "How long answers take.",
    labelNames: ["route"],
    registers,
  });
  new Gauge({
    name: "provisioning_requests",
    help: "Requests by stage and state.",
    labelNames: ["stage", "state"],
    registers,
    async collect() {
      this.reset();
      const rows = await database
        .selectFrom("requests")
        .select(["stage", "state", ({ fn }) => fn.countAll().as("count")])
        .groupBy(["stage", "state"])
        .execute();
      for (const { stage, state, count } of rows) this.set({ stage, state }, Number(count));
    },
  });
  new Gauge({
    name: "provisioning_paused",
    help: "1 for each stage whose applies are paused; `*` means all stages.",
    labelNames: ["stage"],
    registers,
    async collect() {
      this.reset();
      for (const { stage } of await database.selectFrom("pauses").select("stage").execute())
        this.set({ stage }, 1);
    },
  });
  return {
    answered: (route, status, seconds) => {
      answers.inc({ route, status });
      duration.observe({ route }, seconds);
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

/** Serves the metrics on a separate port, so that their readers need not reach the API. */
export async function serveMetrics(metrics: Metrics, host: string, port: number): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.method !== "GET" || request.url?.split("?")[0] !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    metrics.text().then(
      (text) => response.writeHead(200, { "content-type": metrics.contentType }).end(text),
      () => response.writeHead(503).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, host, resolve);
  });
  return server;
}
