import { existsSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";

import type { Aws } from "../aws/aws";
import { isAwsError } from "../aws/patience";
import type { Head } from "./chain";
import { openLogGroup } from "./log-group";
import { objectsIn } from "./s3-objects";

/** The ends of a chain, stored where the chain's writers cannot change them. */
export interface NotedHeads {
  /** Its location, for messages. */
  readonly location: string;
  /** Stores the present end of the chain. The same end may be stored again. */
  note(head: Head, at: Date): Promise<void>;
  /** Returns the stored hashes. */
  hashes(): AsyncIterable<string>;
}

/**
 * Opens the place where the ends of a chain are stored.
 *
 * @param location `s3://bucket/prefix`, where each is a separate object that is never overwritten: the bucket
 * should have versioning and an object lock; the name or the ARN of a log group of CloudWatch Logs; or the absolute path
 * of a folder
 */
export function openNotedHeads(location: string, aws: Aws): NotedHeads {
  if (location.startsWith("s3://")) return headsInS3(location, aws);
  return path.isAbsolute(location) ? headsInFolder(location) : headsInLogGroup(location, aws);
}

/** The number comes first: names are in the order of the chain. */
function nameOf({ sequence, hash }: Head): string {
  return `${String(sequence).padStart(12, "0")}-${hash.replace("sha256:", "")}.json`;
}

const named = /^\d{12}-([0-9a-f]{64})\.json$/;

function hashIn(name: string): string[] {
  const [, hex] = named.exec(name) ?? [];
  return hex === undefined ? [] : [`sha256:${hex}`];
}

function textOf(head: Head, at: Date): string {
  return JSON.stringify({ at: at.toISOString(), ...head });
}

function headsInS3(location: string, aws: Aws): NotedHeads {
  const { hostname: bucket, pathname } = new URL(location);
  const prefix = `${pathname.replace(/^\/+|\/+$/g, "")}/`.replace(/^\/$/, "");
  const objects = objectsIn(bucket, aws);
  return {
    location,
    note: async (head, at) => {
      await objects.add(`${prefix}${nameOf(head)}`, textOf(head, at)).catch((error: unknown) => {
        if (!isAwsError(error, "PreconditionFailed")) throw error;
      });
    },
    async *hashes() {
      for await (const page of objects.list(prefix))
        for (const { key } of page) yield* hashIn(key.slice(prefix.length));
    },
  };
}

function headsInFolder(location: string): NotedHeads {
  return {
    location,
    note: async (head, at) => {
      await mkdir(location, { recursive: true });
      const file = path.join(location, nameOf(head));
      if (!existsSync(file)) await writeFile(file, textOf(head, at), { flag: "wx" });
    },
    async *hashes() {
      for (const name of existsSync(location) ? (await readdir(location)).sort() : []) yield* hashIn(name);
    },
  };
}

const streamName = "heads";

function headsInLogGroup(location: string, aws: Aws): NotedHeads {
  const { name: logGroupName, connect } = openLogGroup(location, aws);
  return {
    location,
    note: async (head, at) => {
      const { CreateLogStreamCommand, PutLogEventsCommand } = await import("@aws-sdk/client-cloudwatch-logs");
      const logs = await connect();
      const logEvents = [{ timestamp: at.getTime(), message: textOf(head, at) }];
      const put = new PutLogEventsCommand({ logGroupName, logStreamName: streamName, logEvents });
      await logs.send(put).catch(async (error: unknown) => {
        if (!isAwsError(error, "ResourceNotFoundException")) throw error;
        await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: streamName }));
        await logs.send(put);
      });
    },
    async *hashes() {
      const { paginateFilterLogEvents } = await import("@aws-sdk/client-cloudwatch-logs");
      const wanted = { logGroupName, logStreamNames: [streamName] };
      for await (const { events = [] } of paginateFilterLogEvents({ client: await connect() }, wanted))
        for (const { message = "{}" } of events)
          yield String((JSON.parse(message) as { hash?: unknown }).hash);
    },
  };
}
