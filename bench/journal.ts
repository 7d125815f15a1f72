import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs, promisify } from "node:util";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import Table from "cli-table3";

import { useLocalEnvironment } from "../sandbox/environment";
import type { JournalEvent, KnownBefore } from "../provider/src/journal";
import { advance, chained, genesis, type Head } from "../provider/src/journal/chain";
import { readEntry } from "../provider/src/journal/entry";
import { Memory } from "../provider/src/journal/memory";
import { startSecretsManager } from "../sandbox/aws/moto";

/**
 * Measures what a long journal costs, on disk and in S3 (moto): to verify it, and what it adds to an `up` that makes a
 * customer. The journal is that of a stack which rotates the clients of its customers.
 *
 *   npm run bench:journal -- --events 100000 --per-object 20
 */
const { values } = parseArgs({
  options: {
    events: { type: "string", default: "100000" },
    "per-object": { type: "string", default: "20" },
    runs: { type: "string", default: "3" },
  },
});
const events = Number(values.events);
const eventsPerObject = Number(values["per-object"]);
const runs = Number(values.runs);

const region = "eu-west-1";
const bucket = "journals";
const customers = 500;
const common = {
  v: 2,
  actor: "github:octocat",
  reason: "CHG-1042: the rotation of this quarter",
  stack: "organization/resistant-tenants/prod",
  stage: "production",
  apiUrl: "https://api.tenants.resistant.ai/v0",
  type: "TenantApplication",
} as const;

/** The lines of a journal, each with its time, and what the state knows of it then. */
interface Written {
  lines: Array<{ at: string; id: string; text: string }>;
  known: Omit<KnownBefore, "idIn">;
}

/** Writes a journal: each rotation makes an application, and deletes the one before it. */
function writeJournal(): Written {
  const memory = new Memory();
  const lines: Written["lines"] = [];
  let head: Head = genesis;
  let at = Date.UTC(2026, 0, 1);
  let last = { ...genesis, at: "" };
  const add = (event: JournalEvent): void => {
    memory.add(event);
    const text = JSON.stringify(chained(event, head, memory.holdingOf(common.stack)));
    const entry = readEntry(text, "");
    if (entry.kind !== "event") throw new Error(text);
    head = advance(head, entry);
    lines.push({ at: event.at, id: event.id, text });
    if (event.event === "result" && event.operation === "create") last = { ...head, at: event.at };
  };
  const perform = (operation: "create" | "delete", slot: string, tenantId: string, applicationId: string) => {
    const of = { ...common, slot, operation, tenantId };
    const id = randomUUID();
    const now = (): string => new Date((at += 40)).toISOString();
    const parameters = { cell: "eu-1", scopes: ["documents.submissions.read"], authMethod: "EC", keyId: id };
    const ofIntent = operation === "create" ? { parameters, known: [] } : { parameters: {}, applicationId };
    add({ ...of, ...ofIntent, event: "intent", id, at: now() });
    const outcome = operation === "create" ? "made" : "deleted";
    const end = { intent: id, outcome, applicationId, durationMs: 40 } as const;
    add({ ...of, ...end, event: "result", id: randomUUID(), at: now() });
  };
  const tenantIds = Array.from({ length: customers }, () => randomUUID());
  const held = new Map<number, string>();
  for (let turn = 0; lines.length < events; turn += 1) {
    const customer = turn % customers;
    const generation = Math.floor(turn / customers) + 1;
    const slot = (number: number): string => `customer${customer}/eu-1/default/${number}`;
    const [tenantId = "", before, id] = [tenantIds[customer], held.get(customer), randomUUID()];
    perform("create", slot(generation), tenantId, id);
    held.set(customer, id);
    if (before !== undefined) perform("delete", slot(generation - 1), tenantId, before);
  }
  return { lines, known: { stack: common.stack, holding: memory.holdingOf(common.stack), last } };
}

/** The events of an `up` that makes a customer with one application. */
function ofUp(): JournalEvent[] {
  const at = new Date().toISOString();
  const tenantId = randomUUID();
  const operation = "create";
  const name = `new${randomUUID().slice(0, 8)}`;
  const make = (type: "Tenant" | "TenantApplication", slot: string): JournalEvent[] => {
    const of = { ...common, type, slot, operation, tenantId, at } as const;
    const id = randomUUID();
    return [
      { ...of, event: "intent", id, parameters: {} },
      { ...of, event: "result", id: randomUUID(), intent: id, outcome: "failed", durationMs: 1 },
    ];
  };
  return [...make("Tenant", name), ...make("TenantApplication", `${name}/eu-1/default`)];
}

interface Measured {
  ms: number;
  cpuMs: number;
  peakMb: number;
  events?: number;
  defects?: number;
}

async function measure(env: NodeJS.ProcessEnv, given: Record<string, unknown>): Promise<Measured> {
  const child = path.join(__dirname, "journal/measure.js");
  const { stdout } = await promisify(execFile)(process.execPath, [child, JSON.stringify(given)], {
    env: { ...process.env, ...env, NODE_NO_WARNINGS: "1" },
  });
  return JSON.parse(stdout) as Measured;
}

/** Gives the median of some runs, by time. */
async function median(env: NodeJS.ProcessEnv, given: () => Record<string, unknown>): Promise<Measured> {
  const measured: Measured[] = [];
  for (let run = 0; run < runs; run += 1) measured.push(await measure(env, given()));
  const sorted = measured.toSorted((a, b) => a.ms - b.ms);
  return sorted[Math.floor(sorted.length / 2)] ?? { ms: Number.NaN, cpuMs: Number.NaN, peakMb: Number.NaN };
}

async function putObjects(client: S3Client, prefix: string, lines: Written["lines"]): Promise<void> {
  const groups = Array.from({ length: Math.ceil(lines.length / eventsPerObject) }, (_, index) =>
    lines.slice(index * eventsPerObject, (index + 1) * eventsPerObject),
  );
  const put = async (): Promise<void> => {
    for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
      const [first] = group;
      const Key = `${prefix}/${first?.at ?? ""}-${first?.id ?? ""}.json`;
      const Body = group.map(({ text }) => text).join("\n");
      await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
    }
  };
  await Promise.all(Array.from({ length: 16 }, put));
}

async function main(): Promise<void> {
  useLocalEnvironment();
  const written = writeJournal();
  const directory = await mkdtemp(path.join(tmpdir(), "bench-journal-"));
  const moto = await startSecretsManager({ log: () => undefined });
  const env = {
    AWS_ENDPOINT_URL: moto.endpointUrl,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  };
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const client = new S3Client({ region, endpoint: moto.endpointUrl, forcePathStyle: true, credentials });
  try {
    const file = path.join(directory, "journal.jsonl");
    await writeFile(file, written.lines.map(({ text }) => `${text}\n`).join(""));
    const LocationConstraint = region;
    await client.send(
      new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint } }),
    );
    await putObjects(client, "long", written.lines);
    const style = process.stdout.isTTY ? {} : { head: [], border: [] };
    const head = [
      `${events} events, median of ${runs}`,
      "time (s)",
      "of it CPU here (s)",
      "peak of memory (MB)",
    ];
    const table = new Table({ style, head });
    const row = (name: string, { ms, cpuMs, peakMb }: Measured): void => {
      table.push([name, (ms / 1000).toFixed(2), (cpuMs / 1000).toFixed(2), peakMb.toFixed(0)]);
    };
    const places = [
      { name: "on disk", long: file, empty: () => path.join(directory, `${randomUUID()}.jsonl`) },
      {
        name: `in S3 (moto, ${eventsPerObject} events an object)`,
        long: `s3://${bucket}/long`,
        empty: () => `s3://${bucket}/empty-${randomUUID()}`,
      },
    ];
    for (const { name, long, empty } of places) {
      const verified = await median(env, () => ({ what: "verify", location: long }));
      if (verified.defects !== 0) throw new Error(`${name}: ${JSON.stringify(verified)}`);
      row(`verify, ${name}`, verified);
      row(`read all (a delete), ${name}`, await median(env, () => ({ what: "remember", location: long })));
      row(
        `an up, with none before, ${name}`,
        await median(env, () => ({ what: "up", location: empty(), events: ofUp() })),
      );
      const { known } = written;
      row(`an up, ${name}`, await median(env, () => ({ what: "up", location: long, known, events: ofUp() })));
    }
    console.log(table.toString());
  } finally {
    client.destroy();
    await moto.close();
    await rm(directory, { recursive: true });
  }
}

void main();
