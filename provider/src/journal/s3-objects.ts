import type { ListObjectsV2CommandOutput, S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";

import type { Aws } from "../aws/aws";
import { isAwsError } from "../aws/patience";
import { TenantManagementError } from "../client/errors";

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

/** Sends requests to a bucket, wherever it is. */
type UseBucket = <T>(use: (client: S3Client) => Promise<T>) => Promise<T>;

/** @param aws how AWS is reached */
export function objectsIn(bucket: string, aws: Aws): Objects {
  let client: Promise<S3Client> | undefined;
  const connect = (): Promise<S3Client> => (client ??= makeClient(aws));
  let regionFound: string | undefined;
  /** A bucket in another region than the run's: S3 says which, and does nothing. The SDK's own switch allows no parallel requests. */
  const inItsRegion: UseBucket = async (use) => {
    try {
      return await use(await connect());
    } catch (error) {
      const region = regionIn(error);
      if (region === undefined) throw error;
      if (region !== regionFound) client = makeClient(aws, region);
      regionFound = region;
      return use(await connect());
    }
  };
  return {
    bucket,
    connect,
    list: (prefix, options) => listObjects(inItsRegion, { bucket, prefix, ...options }),
    read: (key, options) => inItsRegion((found) => readObject(found, { bucket, key, ...options })),
    readIfThere: (key) =>
      inItsRegion((found) => readObject(found, { bucket, key })).catch((error: unknown) => {
        if (!isAwsError(error, "NoSuchKey")) throw error;
        return undefined;
      }),
    remove: async (key) => {
      const { DeleteObjectCommand } = await import("@aws-sdk/client-s3");
      await inItsRegion((found) => found.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })));
    },
    add: (key, body) => inItsRegion((found) => addObject(found, bucket, key, body)),
  };
}

async function makeClient(aws: Aws, region?: string): Promise<S3Client> {
  const { S3Client } = await import("@aws-sdk/client-s3");
  return aws.open(S3Client, "s3", { region });
}

const misdirectedSchema = z.object({
  $metadata: z.object({ httpStatusCode: z.union([z.literal(301), z.literal(400)]) }),
  $response: z.object({
    headers: z.object({ "x-amz-bucket-region": z.string().regex(/^[a-z0-9-]+$/) }),
  }),
});

/** Returns the region of a bucket, if S3 refused a request because it was sent to another one. */
function regionIn(error: unknown): string | undefined {
  const isMisdirected = ["PermanentRedirect", "AuthorizationHeaderMalformed"].some((name) =>
    isAwsError(error, name),
  );
  return isMisdirected
    ? misdirectedSchema.safeParse(error).data?.$response.headers["x-amz-bucket-region"]
    : undefined;
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
    const { ETag } = await client.send(new PutObjectCommand(request)).catch((error: unknown) => {
      // An earlier attempt was still running.
      if (!isAwsError(error, "ConditionalRequestConflict")) throw error;
      return client.send(new PutObjectCommand(request));
    });
    if (ETag === undefined) throw notOfS3(`write s3://${bucket}/${key}`);
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
  inItsRegion: UseBucket,
  wanted: ListOptions & { bucket: string; prefix: string },
): AsyncIterable<ListedObject[]> {
  const { ListObjectsV2Command } = await import("@aws-sdk/client-s3");
  const { bucket, prefix, after, most, signal } = wanted;
  const ask = (from: { StartAfter?: string; ContinuationToken?: string }): Promise<Page> => {
    const request = { Bucket: bucket, Prefix: prefix, MaxKeys: most ?? pageObjects, ...from };
    const options = signal === undefined ? {} : { abortSignal: signal };
    const asked = inItsRegion((client) => client.send(new ListObjectsV2Command(request), options)).then(
      toPage(bucket, prefix),
    );
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

function toPage(bucket: string, prefix: string): (answer: ListObjectsV2CommandOutput) => Page {
  return ({ Contents = [], KeyCount, IsTruncated, NextContinuationToken: next }) => {
    if (KeyCount === undefined && IsTruncated === undefined) throw notOfS3(`list s3://${bucket}/${prefix}`);
    return {
      objects: Contents.flatMap(({ Key: key, ETag = "", Size: bytes = 0 }) =>
        key?.startsWith(prefix) === true ? [{ key, etag: ETag.replaceAll('"', ""), bytes }] : [],
      ).sort((a, b) => (a.key < b.key ? -1 : 1)),
      next,
    };
  };
}

/** The SDK takes a 200 with a proxy's page, or with nothing, for an empty list, or for a stored object. */
function notOfS3(what: string): TenantManagementError {
  return new TenantManagementError(
    "NOT_THE_API",
    `The answer to ${what} was not S3's: its status was 200, but it lacks what S3 always sends. Check what answers in S3's place (a proxy, AWS_ENDPOINT_URL_S3, aws:endpoints), then run the command again.`,
  );
}
