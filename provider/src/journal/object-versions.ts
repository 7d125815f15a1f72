import type { ListObjectVersionsCommandOutput, S3Client } from "@aws-sdk/client-s3";

import { messageOf } from "../client/text";
import type { Traces } from "./journal";
import { isPacked } from "./packs";

/** What S3 reports about the objects below a prefix. */
interface Versions {
  /** How many versions each object has, by its key. */
  counts: Map<string, number>;
  /** The keys of the objects that were deleted, and when. */
  deleted: Array<{ key: string; at: Date | undefined }>;
}

/**
 * Looks for objects of a journal that were overwritten or deleted. Objects are only added, so each has one version and
 * no delete marker. A bucket without versioning cannot show this.
 */
export async function findTraces(client: S3Client, bucket: string, prefix: string): Promise<Traces> {
  const where = (key: string): string => `s3://${bucket}/${key}`;
  try {
    if (!(await keepsVersions(client, bucket))) return { found: [], notes: [] };
    const { counts, deleted } = await listVersions(client, bucket, prefix);
    const overwritten = [...counts].filter(([, count]) => count > 1);
    return {
      found: [
        ...deleted.map(({ key, at }) => ({
          kind: "missing" as const,
          where: where(key),
          problem: `it was deleted${at === undefined ? "" : ` ${at.toISOString()}`}: its earlier version has the content`,
        })),
        ...overwritten.map(([key, count]) => ({
          kind: "changed" as const,
          where: where(key),
          problem: `it was overwritten: it has ${count} versions, but a journal never writes an object twice`,
        })),
      ],
      notes: [],
    };
  } catch (error) {
    const note = `the versions of its objects could not be listed, so overwritten objects would not be found (s3:GetBucketVersioning, s3:ListBucketVersions): ${messageOf(error)}`;
    return { found: [], notes: [{ kind: "versionsUnseen", where: where(prefix), note }] };
  }
}

async function keepsVersions(client: S3Client, bucket: string): Promise<boolean> {
  const { GetBucketVersioningCommand } = await import("@aws-sdk/client-s3");
  return (await client.send(new GetBucketVersioningCommand({ Bucket: bucket }))).Status !== undefined;
}

async function listVersions(client: S3Client, bucket: string, prefix: string): Promise<Versions> {
  const { ListObjectVersionsCommand } = await import("@aws-sdk/client-s3");
  const counts = new Map<string, number>();
  const deleted: Versions["deleted"] = [];
  const isOfJournal = (key: string): boolean => !isPacked(key.slice(prefix.length));
  let next: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = {};
  while (next !== undefined) {
    const page: ListObjectVersionsCommandOutput = await client.send(
      new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix, ...next }),
    );
    for (const { Key = "" } of page.Versions ?? [])
      if (isOfJournal(Key)) counts.set(Key, (counts.get(Key) ?? 0) + 1);
    for (const { Key = "", LastModified } of page.DeleteMarkers ?? [])
      if (isOfJournal(Key)) deleted.push({ key: Key, at: LastModified });
    next =
      page.IsTruncated === true
        ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
        : undefined;
  }
  return { counts, deleted };
}
