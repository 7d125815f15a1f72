import { randomUUID } from "node:crypto";

import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";

import { region, startShared } from "./engine";

/** A bucket that machines share: the states of a fleet and their journal. */
export interface SharedBucket {
  /** What the engine and the journal need in order to find it. */
  env: Record<string, string>;
  journal: string;
  /** Lists the keys of the locks on a stack. */
  locks(stack: string): Promise<string[]>;
  /** Locks a stack as an engine does. */
  lock(stack: string, owner: { pid: number; hostname: string }): Promise<void>;
  unlock(stack: string): Promise<void>;
  close(): void;
}

/** Makes one in the S3 of the tests. */
export async function createSharedBucket(): Promise<SharedBucket> {
  const { secretsManager } = await startShared();
  const endpoint = secretsManager.endpointUrl;
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const s3 = new S3Client({ region, endpoint, credentials, forcePathStyle: true });
  const Bucket = `fleet-${randomUUID()}`;
  await s3.send(
    new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: region } }),
  );
  const folderOf = (stack: string): string => `.pulumi/locks/organization/resistant-tenants/${stack}/`;
  const locks = async (stack: string): Promise<string[]> => {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: folderOf(stack) }));
    return Contents.flatMap(({ Key }) => Key ?? []);
  };
  return {
    env: {
      AWS_ENDPOINT_URL: endpoint,
      PULUMI_BACKEND_URL: `s3://${Bucket}?region=${region}&endpoint=${new URL(endpoint).host}&disableSSL=true&s3ForcePathStyle=true`,
    },
    journal: `s3://${Bucket}/tenants`,
    locks,
    lock: async (stack, { pid, hostname }) => {
      const Body = JSON.stringify({ pid, username: "ci", hostname, timestamp: "2026-11-26T08:00:00Z" });
      await s3.send(new PutObjectCommand({ Bucket, Key: `${folderOf(stack)}${randomUUID()}.json`, Body }));
    },
    unlock: async (stack) => {
      for (const Key of await locks(stack)) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    },
    close: () => {
      s3.destroy();
    },
  };
}
