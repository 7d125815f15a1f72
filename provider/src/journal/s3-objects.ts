import type { ListObjectsV2CommandOutput, S3Client } from "@aws-sdk/client-s3";

import type { Aws } from "../aws/aws";
import { isAwsError } from "../aws/patience";

/** An object as S3 lists it. */
export interface ListedObject {
  key: string;
  /**
   * Its ETag, without quotation marks: the MD5 of its contents, unless it is encrypted with a key of KMS or of the
   * caller's own, or was uploaded in parts.
   *
   * @see {@link https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html ETag}
   */
  etag: string;
  bytes: number;
}

/** Which objects are listed. */
export interface ListOptions {
  /** Those with keys after this one; default: all. */
  after?: string;
  /** The most objects; default: all. One request lists at most 1000. */
  most?: number;
  /** Ends the request. */
  signal?: AbortSignal;
}

/** How an object is read. */
export interface ReadOptions {
  signal?: AbortSignal;
  into?: Buffer;
}

/**
 * How many objects one request lists if all are read: the SDK needs several MB for a full answer (1000), and much of it
 * would survive the first garbage collection.
 */
const pageObjects = 250;

/** The objects of a bucket, as a journal uses them. */
export interface Objects {
  readonly bucket: string;
  connect(): Promise<S3Client>;
  /**
   * Lists the objects below a prefix, in batches, in the order of their keys. The next batch is requested
   * while the previous one is used.
   */
  list(prefix: string, options?: ListOptions): AsyncIterable<ListedObject[]>;
  /**
   * Reads an object.
   *
   * @param options.signal ends the request
   * @param options.into the buffer for the content, if it is large enough; default: a new one
   */
  read(key: string, options?: ReadOptions): Promise<Buffer>;
  /** Reads an object; undefined if it does not exist. */
  readIfThere(key: string): Promise<Buffer | undefined>;
  /** Deletes an object, if it exists. A journal never does. */
  remove(key: string): Promise<void>;
  /** Stores an object; never overwrites one. */
  add(key: string, body: string | Buffer): Promise<void>;
}

/** Returns all that is listed. */
export async function all(pages: AsyncIterable<readonly ListedObject[]>): Promise<ListedObject[]> {
  const objects: ListedObject[] = [];
  for await (const page of pages) objects.push(...page);
  return objects;
}

/** Returns whether the error is an answer of S3, for example that an object is missing or may not be read. */
export function isAnswer(error: unknown): boolean {
  return error instanceof Error && "$fault" in error;
}

/** @param aws how AWS is reached */
export function objectsIn(bucket: string, aws: Aws): Objects {
  let client: Promise<S3Client> | undefined;
  const connect = (): Promise<S3Client> => (client ??= makeClient(aws));
  return {
    bucket,
    connect,
    list: (prefix, options) => listObjects(connect, { bucket, prefix, ...options }),
    read: async (key, options) => readObject(await connect(), { bucket, key, ...options }),
    readIfThere: async (key) =>
      readObject(await connect(), { bucket, key }).catch((error: unknown) => {
        if (!isAwsError(error, "NoSuchKey")) throw error;
        return undefined;
      }),
    remove: async (key) => {
      const { DeleteObjectCommand } = await import("@aws-sdk/client-s3");
      await (await connect()).send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    },
    add: async (key, body) => addObject(await connect(), bucket, key, body),
  };
}

async function makeClient(aws: Aws): Promise<S3Client> {
  const { S3Client } = await import("@aws-sdk/client-s3");
  return aws.open(S3Client, "s3");
}

async function addObject(
  client: S3Client,
  bucket: string,
  key: string,
  body: string | Buffer,
): Promise<void> {
  const { PutObjectCommand } = await import("@aws-sdk/client-s3");
  const request = { Bucket: bucket, Key: key, Body: body, ContentType: "application/json", IfNoneMatch: "*" };
  try {
    await client.send(new PutObjectCommand(request)).catch((error: unknown) => {
      // An earlier attempt was still running.
      if (!isAwsError(error, "ConditionalRequestConflict")) throw error;
      return client.send(new PutObjectCommand(request));
    });
  } catch (error) {
    // If an answer was lost, the SDK repeats the request, and then finds the object that it has stored itself.
    const isThere = isAwsError(error, "PreconditionFailed");
    if (!isThere || !(await readObject(client, { bucket, key })).equals(Buffer.from(body))) throw error;
  }
}

async function readObject(
  client: S3Client,
  { bucket, key, signal, into }: ReadOptions & { bucket: string; key: string },
): Promise<Buffer> {
  const { GetObjectCommand } = await import("@aws-sdk/client-s3");
  const options = signal === undefined ? {} : { abortSignal: signal };
  const { Body, ContentLength = 0 } = await client.send(
    new GetObjectCommand({ Bucket: bucket, Key: key }),
    options,
  );
  if (Body === undefined) return Buffer.alloc(0);
  if (into === undefined || ContentLength === 0 || ContentLength > into.length) {
    const bytes = await Body.transformToByteArray();
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }
  let length = 0;
  for await (const chunk of Body as AsyncIterable<Buffer>) length += chunk.copy(into, length);
  return into.subarray(0, length);
}

async function* listObjects(
  connect: () => Promise<S3Client>,
  wanted: ListOptions & { bucket: string; prefix: string },
): AsyncIterable<ListedObject[]> {
  const { ListObjectsV2Command } = await import("@aws-sdk/client-s3");
  const client = await connect();
  const { bucket, prefix, after, most, signal } = wanted;
  const ask = (from: { StartAfter?: string; ContinuationToken?: string }): Promise<Page> => {
    const request = { Bucket: bucket, Prefix: prefix, MaxKeys: most ?? pageObjects, ...from };
    const asked = client
      .send(new ListObjectsV2Command(request), signal === undefined ? {} : { abortSignal: signal })
      .then(toPage(prefix));
    // It is awaited in its turn.
    asked.catch(() => undefined);
    return asked;
  };
  let asked: Promise<Page> | undefined = ask(after === undefined ? {} : { StartAfter: after });
  while (asked !== undefined) {
    const { objects, next }: Page = await asked;
    asked = next === undefined || most !== undefined ? undefined : ask({ ContinuationToken: next });
    yield objects;
  }
}

/** The part of a list's answer that is used. */
interface Page {
  objects: ListedObject[];
  /** Leads to the next one. */
  next: string | undefined;
}

function toPage(prefix: string): (answer: ListObjectsV2CommandOutput) => Page {
  return ({ Contents = [], NextContinuationToken: next }) => ({
    objects: Contents.flatMap(({ Key: key, ETag = "", Size: bytes = 0 }) =>
      key?.startsWith(prefix) === true ? [{ key, etag: ETag.replaceAll('"', ""), bytes }] : [],
    ).sort((a, b) => (a.key < b.key ? -1 : 1)),
    next,
  });
}
