import type { S3Client } from "@aws-sdk/client-s3";

import type { Aws } from "../aws/aws";
import { isAwsError } from "../aws/patience";

/** An object as S3 lists it. */
export interface ListedObject {
  key: string;
  /**
   * Its ETag, without quotation marks: the MD5 of what it holds, unless it is encrypted with a key of KMS or of the
   * caller's own, or was uploaded in parts.
   *
   * @see {@link https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html ETag}
   */
  etag: string;
  bytes: number;
}

/** The objects of a bucket, as a journal uses them. */
export interface Objects {
  readonly bucket: string;
  connect(): Promise<S3Client>;
  /**
   * Lists the objects below a prefix, in the order of their keys.
   *
   * @param options.after those with keys after this one; default: all
   * @param options.most how many at most, one request's 1000 at the most; default: all
   */
  list(prefix: string, options?: { after?: string; most?: number }): Promise<ListedObject[]>;
  read(key: string): Promise<Buffer>;
  /** Stores an object, never over another. */
  add(key: string, body: string | Buffer): Promise<void>;
}

/** @param aws how AWS is reached */
export function objectsIn(bucket: string, aws: Aws): Objects {
  let client: Promise<S3Client> | undefined;
  const connect = (): Promise<S3Client> => (client ??= makeClient(aws));
  return {
    bucket,
    connect,
    list: async (prefix, options) => listObjects(await connect(), { bucket, prefix, ...options }),
    read: async (key) => readObject(await connect(), bucket, key),
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
      // An attempt before this one was still under way.
      if (!isAwsError(error, "ConditionalRequestConflict")) throw error;
      return client.send(new PutObjectCommand(request));
    });
  } catch (error) {
    // The SDK tries again where an answer was lost, and then finds there what it has stored itself.
    const isThere = isAwsError(error, "PreconditionFailed");
    if (!isThere || !(await readObject(client, bucket, key)).equals(Buffer.from(body))) throw error;
  }
}

async function readObject(client: S3Client, bucket: string, key: string): Promise<Buffer> {
  const { GetObjectCommand } = await import("@aws-sdk/client-s3");
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const bytes = await Body?.transformToByteArray();
  return bytes === undefined ? Buffer.alloc(0) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

async function listObjects(
  client: S3Client,
  wanted: { bucket: string; prefix: string; after?: string; most?: number },
): Promise<ListedObject[]> {
  const { paginateListObjectsV2 } = await import("@aws-sdk/client-s3");
  const { bucket, prefix, after, most } = wanted;
  const request = {
    Bucket: bucket,
    Prefix: prefix,
    ...(after === undefined ? {} : { StartAfter: after }),
    ...(most === undefined ? {} : { MaxKeys: most }),
  };
  const objects: ListedObject[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, request)) {
    for (const { Key: key, ETag = "", Size: bytes = 0 } of Contents)
      if (key?.startsWith(prefix) === true) objects.push({ key, etag: ETag.replaceAll('"', ""), bytes });
    if (most !== undefined) break;
  }
  return objects.sort((a, b) => (a.key < b.key ? -1 : 1));
}
