import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs, promisify } from "node:util";

import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";

import { packUnpacked } from "../provider/src/journal/packs";
import { objectsIn } from "../provider/src/journal/s3-objects";
import { readReach } from "../provider/src/settings/reach";
import { startSecretsManager } from "../sandbox/aws/moto";
import { useLocalEnvironment } from "../sandbox/environment";
import { ofChange, ofUp, writeJournal, type Written } from "./journal/written";

/**
 * Measures the cost of a long journal, on disk and in S3 (moto): of its verification, and of an `up` that creates a
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

/** Returns the median of some runs, by time. */
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
  const written = writeJournal(events);
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
    const rows: Array<Record<string, string>> = [];
    const row = (name: string, { ms, cpuMs, peakMb }: Measured): void => {
      rows.push({
        [`${events} events, median of ${runs}`]: name,
        "time (s)": (ms / 1000).toFixed(2),
        "of it CPU here (s)": (cpuMs / 1000).toFixed(2),
        "peak of memory (MB)": peakMb.toFixed(0),
      });
    };
    const places = [
      { name: "on disk", long: file, empty: () => path.join(directory, `${randomUUID()}.jsonl`) },
      {
        name: `in S3 (moto, ${eventsPerObject} events an object)`,
        long: `s3://${bucket}/long`,
        empty: () => `s3://${bucket}/empty-${randomUUID()}`,
      },
    ];
    const { known } = written;
    const up = (location: string): Record<string, unknown> => ({
      what: "up",
      location,
      known,
      events: ofUp(),
    });
    for (const { name, long, empty } of places) {
      const verify = async (how: string): Promise<void> => {
        const verified = await median(env, () => ({ what: "verify", location: long }));
        if (verified.defects !== 0) throw new Error(`${name}: ${JSON.stringify(verified)}`);
        row(`verify, ${name}${how}`, verified);
      };
      if (long.startsWith("s3:")) {
        await verify(", before an up has packed any");
        // What the runs that wrote it would have done by now.
        Object.assign(process.env, env);
        for (let looks = 0; looks * 1000 < events / eventsPerObject; looks += 1)
          await packUnpacked(objectsIn(bucket, readReach(process.env).aws), "long/", Infinity);
      }
      await verify("");
      row(`read all (a delete), ${name}`, await median(env, () => ({ what: "remember", location: long })));
      row(
        `an up, with none before, ${name}`,
        await median(env, () => ({ what: "up", location: empty(), events: ofUp() })),
      );
      row(`an up, ${name}`, await median(env, () => up(long)));
      row(
        `an up's program that changes a customer, ${name}`,
        await median(env, () => ({ what: "program", location: long, known, events: ofChange() })),
      );
      row(
        `no journal: Node.js and the SDK, ${name}`,
        await median(env, () => ({ what: "nothing", location: empty() })),
      );
    }
    const load = loadavg().map((value) => value.toFixed(1));
    console.table(rows);
    console.log(`Load average of the machine: ${load.join(", ")}`);
  } finally {
    client.destroy();
    await moto.close();
    await rm(directory, { recursive: true });
  }
}

void main();
