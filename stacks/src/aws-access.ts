import * as pulumi from "@pulumi/pulumi";
import type { AwsAccess, SecretsManager } from "pulumi-resistant-tenants/internal/aws-secret";
import { readIdentityAccess } from "pulumi-resistant-tenants/internal/identity-access";
import { z } from "zod";

/** What makes the AWS provider another identity than the one that the AWS SDK finds, in ways that are not followed here. */
const notFollowed = [
  "assumeRole",
  "assumeRoles",
  "assumeRoleWithWebIdentity",
  "sharedCredentialsFiles",
  "sharedConfigFiles",
];

const endpointsSchema = z.array(z.object({ secretsmanager: z.string().optional() }));

/**
 * Asks Secrets Manager as the stack's AWS provider does.
 *
 * @returns Resolves with undefined, and asks nothing, where the provider reaches AWS in a way that is not followed here:
 *   as another identity, AWS could answer of another account.
 */
export async function askAws<T>(ask: (aws: SecretsManager) => Promise<T>): Promise<T | undefined> {
  const config = new pulumi.Config("aws");
  const access = readAwsAccess((key) => config.get(key));
  if (access === undefined) return undefined;
  // The SDK is loaded where there is something to ask.
  const loaded = await import("pulumi-resistant-tenants/internal/aws-secret");
  const aws = new loaded.SecretsManager(access);
  try {
    return await ask(aws);
  } finally {
    aws.close();
  }
}

/**
 * Reads from the stack's configuration how its AWS provider reaches Secrets Manager.
 *
 * @param get gives the value of a key of the namespace `aws`, or undefined
 * @returns undefined where it does so in a way that is not followed here
 */
export function readAwsAccess(get: (key: string) => string | undefined): AwsAccess | undefined {
  if (notFollowed.some((key) => get(key) !== undefined)) return undefined;
  const endpoints = endpointsSchema.safeParse(parseJson(get("endpoints") ?? "[]"));
  if (!endpoints.success || (get("accessKey") === undefined) !== (get("secretKey") === undefined))
    return undefined;
  const endpoint = endpoints.data.find(({ secretsmanager }) => secretsmanager !== undefined)?.secretsmanager;
  return { ...readIdentityAccess(get), ...(endpoint === undefined ? {} : { endpoint }) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
