import type { S3Client } from "@aws-sdk/client-s3";

import { type AwsPatience, callsThatEnd, isAwsError } from "../aws-client";
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
export function openS3Journal(url: string, patience?: AwsPatience): Journal {
  return journalIn(s3Store(url, patience));
}

function s3Store(url: string, patience?: AwsPatience): Store {
  const { hostname: bucket, pathname } = new URL(url);
  const prefix = `${pathname.replace(/^\/+|\/+$/g, "")}/`.replace(/^\/$/, "");
  let client: Promise<S3Client> | undefined;
  const connect = (): Promise<S3Client> => (client ??= makeClient(patience));
  return {
    location: url,
    async write(entries) {
      const [first] = entries;
      if (first === undefined) return;
      const key = `${prefix}${first.event.at}-${first.event.id}.json`;
      await addObject(await connect(), bucket, key, entries.map(({ text }) => text).join("\n"));
    },
    read: async () => readEntries(await connect(), bucket, prefix),
    // The engine's lock keeps others out, and a list at each event would double its time; a lost lock shows as a fork.
    isAsLeft: () => Promise.resolve(true),
  };
}

async function makeClient(patience?: AwsPatience): Promise<S3Client> {
  const { S3Client } = await import("@aws-sdk/client-s3");
  return new S3Client({
    ...callsThatEnd(patience),
    forcePathStyle: process.env["AWS_ENDPOINT_URL"] !== undefined,
  });
}

/** Stores an object, never over another. */
async function addObject(client: S3Client, bucket: string, key: string, body: string): Promise<void> {
  const { PutObjectCommand } = await import("@aws-sdk/client-s3");
  const request = { Bucket: bucket, Key: key, Body: body, ContentType: "application/json", IfNoneMatch: "*" };
  try {
    await client.send(new PutObjectCommand(request)).catch((error: unknown) => {
      // An attempt before this one was still under way.
      if (!isAwsError(error, "ConditionalRequestConflict")) throw error;
      return client.send(new PutObjectCommand(request));
    });
  } catch (error) {
    // The SDK tries again where an answer was lost, and then finds there what it has stored itself.
    const isThere = isAwsError(error, "PreconditionFailed");
    if (!isThere || (await readObject(client, bucket, key)) !== body) throw error;
  }
}

async function readObject(client: S3Client, bucket: string, key: string): Promise<string> {
  const { GetObjectCommand } = await import("@aws-sdk/client-s3");
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return (await Body?.transformToString()) ?? "";
}

async function readEntries(client: S3Client, bucket: string, prefix: string): Promise<Entry[]> {
  const { paginateListObjectsV2 } = await import("@aws-sdk/client-s3");
  const keys: string[] = [];
  for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })) {
    keys.push(...(page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key])));
  }
  // A key begins with the time of its first event.
  keys.sort();
  const entries: Entry[] = [];
  for (let start = 0; start < keys.length; start += readsAtOnce) {
    const batch = keys.slice(start, start + readsAtOnce).map(async (key) => {
      const lines = (await readObject(client, bucket, key)).split("\n");
      return lines.map((line, index) => readEntry(line, `s3://${bucket}/${key}:${index + 1}`));
    });
    entries.push(...(await Promise.all(batch)).flat());
  }
  return inChainOrder(entries);
}
