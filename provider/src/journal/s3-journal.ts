import type { S3Client } from "@aws-sdk/client-s3";

import { inChainOrder } from "./chain-order";
import { type Entry, readEntry } from "./entry";
import { type Journal, journalIn, type Store } from "./journal";

/** How many objects are read at once. */
const readsAtOnce = 16;

/**
 * Keeps a journal below an S3 prefix, for runners whose disk goes away: events that come while others are being
 * written share one object, an event a line. Objects are only added; a bucket with versioning and object lock keeps
 * them from being changed.
 *
 * @param url `s3://<bucket>/<prefix>`
 */
export function openS3Journal(url: string): Journal {
  return journalIn(s3Store(url));
}

function s3Store(url: string): Store {
  const { hostname: bucket, pathname } = new URL(url);
  const prefix = `${pathname.replace(/^\/+|\/+$/g, "")}/`.replace(/^\/$/, "");
  let client: Promise<S3Client> | undefined;
  const connect = (): Promise<S3Client> => (client ??= makeClient());
  return {
    location: url,
    async write(entries) {
      const [first] = entries;
      if (first === undefined) return;
      const { PutObjectCommand } = await import("@aws-sdk/client-s3");
      await (
        await connect()
      ).send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: `${prefix}${first.event.at}-${first.event.id}.json`,
          Body: entries.map(({ text }) => text).join("\n"),
          ContentType: "application/json",
          // An event is never written over another.
          IfNoneMatch: "*",
        }),
      );
    },
    read: async () => readEntries(await connect(), bucket, prefix),
    // The engine's lock keeps others out, and a list at each event would double its time; a lost lock shows as a fork.
    isAsLeft: () => Promise.resolve(true),
  };
}

async function makeClient(): Promise<S3Client> {
  const { S3Client } = await import("@aws-sdk/client-s3");
  return new S3Client({ forcePathStyle: process.env["AWS_ENDPOINT_URL"] !== undefined });
}

async function readEntries(client: S3Client, bucket: string, prefix: string): Promise<Entry[]> {
  const { GetObjectCommand, paginateListObjectsV2 } = await import("@aws-sdk/client-s3");
  const keys: string[] = [];
  for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })) {
    keys.push(...(page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key])));
  }
  // A key begins with the time of its first event.
  keys.sort();
  const entries: Entry[] = [];
  for (let start = 0; start < keys.length; start += readsAtOnce) {
    const batch = keys.slice(start, start + readsAtOnce).map(async (key) => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      const lines = ((await Body?.transformToString()) ?? "").split("\n");
      return lines.map((line, index) => readEntry(line, `s3://${bucket}/${key}:${index + 1}`));
    });
    entries.push(...(await Promise.all(batch)).flat());
  }
  return inChainOrder(entries);
}
