import { readFile } from "node:fs/promises";

import type { Credentials, STSClient } from "@aws-sdk/client-sts";

import type { AssumedRole, AwsCredentials, WebIdentity } from "./access";

/** Returns the credentials to use now. */
export type CredentialSource = () => Promise<AwsCredentials>;

/** The name of a session in AWS's logs if the role has none. */
const sessionName = "pulumi-resistant-tenants";

/** How long before their end credentials count as expired, in milliseconds, as in the AWS SDK. */
const earlyMs = 300_000;

/**
 * Returns the credentials of a role, and asks for new ones before they end.
 *
 * @param openSts creates a client of STS with the identity that assumes the role
 */
export function ofRole(role: AssumedRole, openSts: () => Promise<STSClient>): CredentialSource {
  return untilTheyEnd(async () => {
    const { AssumeRoleCommand } = await import("@aws-sdk/client-sts");
    const { tags, transitiveTagKeys, externalId, sourceIdentity } = role;
    const request = new AssumeRoleCommand({
      ...commonOf(role),
      ...(externalId === undefined ? {} : { ExternalId: externalId }),
      ...(sourceIdentity === undefined ? {} : { SourceIdentity: sourceIdentity }),
      ...(tags === undefined ? {} : { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }),
      ...(transitiveTagKeys === undefined ? {} : { TransitiveTagKeys: [...transitiveTagKeys] }),
    });
    return using(openSts, async (sts) => toCredentials((await sts.send(request)).Credentials, role));
  });
}

/**
 * Returns the credentials of a role that is assumed with another identity provider's token.
 *
 * @param openSts creates a client of STS; the request is not signed
 */
export function ofWebIdentity(identity: WebIdentity, openSts: () => Promise<STSClient>): CredentialSource {
  return untilTheyEnd(async () => {
    const { AssumeRoleWithWebIdentityCommand } = await import("@aws-sdk/client-sts");
    const { token } = identity;
    const request = new AssumeRoleWithWebIdentityCommand({
      ...commonOf(identity),
      WebIdentityToken: "text" in token ? token.text : (await readFile(token.file, "utf8")).trim(),
    });
    return using(openSts, async (sts) => toCredentials((await sts.send(request)).Credentials, identity));
  });
}

function commonOf(role: AssumedRole) {
  const { roleArn, durationSeconds, policy, policyArns } = role;
  return {
    RoleArn: roleArn,
    RoleSessionName: role.sessionName ?? sessionName,
    ...(durationSeconds === undefined ? {} : { DurationSeconds: durationSeconds }),
    ...(policy === undefined ? {} : { Policy: policy }),
    ...(policyArns === undefined ? {} : { PolicyArns: policyArns.map((arn) => ({ arn })) }),
  };
}

async function using<T>(open: () => Promise<STSClient>, ask: (sts: STSClient) => Promise<T>): Promise<T> {
  const sts = await open();
  try {
    return await ask(sts);
  } finally {
    sts.destroy();
  }
}

function toCredentials(given: Credentials | undefined, { roleArn }: AssumedRole): AwsCredentials {
  if (given?.AccessKeyId === undefined || given.SecretAccessKey === undefined)
    throw new Error(`AWS STS returned no credentials for the role ${roleArn}`);
  return {
    accessKeyId: given.AccessKeyId,
    secretAccessKey: given.SecretAccessKey,
    ...(given.SessionToken === undefined ? {} : { sessionToken: given.SessionToken }),
    ...(given.Expiration === undefined ? {} : { expiration: given.Expiration }),
  };
}

/** All clients of a run share a role's credentials, and one request for them. */
function untilTheyEnd(load: CredentialSource): CredentialSource {
  let held: Promise<AwsCredentials> | undefined;
  return async () => {
    const { expiration } = (await held?.catch(() => undefined)) ?? {};
    if (held === undefined || (expiration !== undefined && expiration.getTime() - Date.now() < earlyMs))
      held = load();
    const pending = held;
    pending.catch(() => {
      if (held === pending) held = undefined;
    });
    return pending;
  };
}
