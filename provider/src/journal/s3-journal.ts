import type { S3Client } from "@aws-sdk/client-s3";

import { eventSchema, type JournalEvent } from "./event";
import type { Journal } from "./journal";

/** How many objects are read at once. */
const readsAtOnce = 16;

/**
 * Keeps a journal below an S3 prefix, an event an object: for runners whose disk goes away. Objects are only added; a
 * bucket with versioning and object lock keeps them from being changed.
 *
 * @param url `s3://<bucket>/<prefix>`
 */
export function openS3Journal(url: string): Journal {
  const { hostname: bucket, pathname } = new URL(url);
  const prefix = `${pathname.replace(/^\/+|\/+$/g, "")}/`.replace(/^\/$/, "");
  let client: Promise<S3Client> | undefined;
  const connect = (): Promise<S3Client> => (client ??= makeClient());
  return {
    location: url,
    append: async (event) => {
      const { PutObjectCommand } = await import("@aws-sdk/client-s3");
      await (
        await connect()
      ).send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: `${prefix}${event.at}-${event.id}.json`,
          Body: JSON.stringify(event),
          ContentType: "application/json",
          // An event is never written over another.
          IfNoneMatch: "*",
        }),
      );
    },
    read: async () => readEvents(await connect(), bucket, prefix),
  };
}

async function makeClient(): Promise<S3Client> {
  const { S3Client } = await import("@aws-sdk/client-s3");
  return new S3Client({ forcePathStyle: process.env["AWS_ENDPOINT_URL"] !== undefined });
}

async function readEvents(client: S3Client, bucket: string, prefix: string): Promise<JournalEvent[]> {
  const { GetObjectCommand, paginateListObjectsV2 } = await import("@aws-sdk/client-s3");
  const keys: string[] = [];
  for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })) {
    keys.push(...(page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key])));
  }
  const events: JournalEvent[] = [];
  for (let start = 0; start < keys.length; start += readsAtOnce) {
    const batch = keys.slice(start, start + readsAtOnce).map(async (key) => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return eventSchema.parse(JSON.parse((await Body?.transformToString()) ?? ""));
    });
    events.push(...(await Promise.all(batch)));
  }
  return events.toSorted((a, b) => a.at.localeCompare(b.at));
}
