import type { SecretsManager } from "pulumi-resistant-tenants/internal/aws-secret";
import type { HeldResource } from "pulumi-resistant-tenants/internal/own-stack";
import { secretVersionType } from "pulumi-resistant-tenants/internal/resource-types";
import { unknownValue } from "pulumi-resistant-tenants/internal/unknown";
import {
  customerOf,
  describeDeletion,
  nameOfUrn,
  readApplicationName,
} from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

/** A version of a secret that the stack stored, and that should be the current one. */
export interface StoredVersion {
  /** `<customer>/<cell>/<purpose>`. */
  slot: string;
  /** The generation of the slot's credentials, counted from 1. */
  generation: number;
  /** The URN of its resource. */
  urn: string;
  secretArn: string;
  versionId: string;
}

/** A secret that was changed in AWS, outside the stack. */
export interface ChangedSecret extends StoredVersion {
  change: "overwritten" | "marked for deletion" | "deleted";
  /** What happened, in one sentence without any part of the secret's value. */
  why: string;
}

/** Writes the commands that repair a secret. */
export interface TypedCommands {
  pulumi: (args: readonly string[]) => string;
  tenants: (args: readonly string[]) => string;
}

const text = z.string().refine((value) => value !== unknownValue);
const versionSchema = z.object({ secretId: text, versionId: text });

/** How many secrets are checked at a time. AWS allows thousands of such calls a second. */
const atATime = 20;

/**
 * Finds the last version that a stack stored in each secret. The state may also contain earlier ones: a
 * retiring generation has its own version.
 */
export function storedVersions(resources: readonly HeldResource[]): StoredVersion[] {
  const last = new Map<string, StoredVersion>();
  for (const { urn, type, outputs } of resources) {
    const version = versionSchema.safeParse(outputs).data;
    if (type !== secretVersionType || version === undefined) continue;
    const named = readApplicationName(nameOfUrn(urn));
    if (named === undefined) continue;
    const { slot, generation } = named;
    if ((last.get(slot)?.generation ?? 0) > generation) continue;
    const { secretId: secretArn, versionId } = version;
    last.set(slot, { slot, generation, urn, secretArn, versionId });
  }
  return [...last.values()];
}

/**
 * Checks in AWS whether secrets are still as the stack stored them: whether the current version
 * (`AWSCURRENT`) is the recorded one. It reads no value, and makes one call per secret
 * (`secretsmanager:DescribeSecret`).
 *
 * @throws AWS's error for the first call, before any other is made, or for a later one
 */
export async function findChangedSecrets(
  aws: SecretsManager,
  stored: readonly StoredVersion[],
): Promise<ChangedSecret[]> {
  const [first, ...others] = stored;
  if (first === undefined) return [];
  const found = [await lookAt(aws, first)];
  for (let start = 0; start < others.length; start += atATime) {
    const batch = others.slice(start, start + atATime);
    found.push(...(await Promise.all(batch.map((version) => lookAt(aws, version)))));
  }
  return found.flatMap((changed) => changed ?? []);
}

/** Returns the command that repairs a change without losing anything. */
export function repairOf({ change, slot, urn }: ChangedSecret, { pulumi, tenants }: TypedCommands): string {
  switch (change) {
    case "overwritten":
      return pulumi(["up", "--replace", urn]);
    case "marked for deletion":
      return tenants(["restore", customerOf(slot)]);
    case "deleted":
      return `${pulumi(["refresh"])} && ${pulumi(["up"])}`;
  }
}

async function lookAt(aws: SecretsManager, stored: StoredVersion): Promise<ChangedSecret | undefined> {
  const { secretArn, versionId } = stored;
  const status = await aws.statusOf(secretArn);
  if (status.kind === "missing") {
    return { ...stored, change: "deleted", why: `The secret ${secretArn} no longer exists in AWS.` };
  }
  if (status.deletedAt !== undefined) {
    const why = `The secret ${secretArn} is marked for deletion, ${describeDeletion(status.deletedAt)}, and cannot be read.`;
    return { ...stored, change: "marked for deletion", why };
  }
  if (status.currentVersionId === versionId) return undefined;
  const current =
    status.currentVersionId === undefined
      ? "it has no current version"
      : `its current version is ${status.currentVersionId}`;
  return {
    ...stored,
    change: "overwritten",
    why: `The secret ${secretArn} was changed outside this stack: ${current}, but this stack stored ${versionId}.`,
  };
}
