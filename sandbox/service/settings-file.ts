import { chmod, writeFile } from "node:fs/promises";

import {
  CreateSecretCommand,
  DescribeSecretCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { stringify } from "yaml";

import type { TenantManagementSandbox } from "../api";
import type { Stage } from "../api/cells";
import type { AwsProvider } from "../aws/find-provider";
import type { StartFolder } from "./kept-start";

/** The parts of a local start's settings. */
export interface LocalParts {
  readonly folder: StartFolder;
  readonly url: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly audience: string;
  readonly aws: AwsProvider;
  readonly secretsManagerUrl: string;
  readonly region: string;
  readonly stages: Readonly<Record<Stage, TenantManagementSandbox>>;
  /** The port of the SMTP server on loopback. */
  readonly smtpPort: number;
}

/** Writes `service.yaml`: testing needs no approval, production one second person. */
export async function writeSettings(file: string, parts: LocalParts): Promise<void> {
  const { folder, url, issuer, clientId, audience, smtpPort } = parts;
  const { directory, kept } = folder;
  const publicKey = Object.fromEntries(Object.entries(kept.approvalKey).filter(([name]) => name !== "d"));
  const settings = {
    url,
    identity: {
      issuer,
      clientId,
      audience,
      rolesClaim: "roles",
      groupsClaim: "groups",
      personClaim: "employee_number",
    },
    stages: {
      testing: { ...(await stageOf("testing", parts)), approvals: { required: 0 } },
      production: { ...(await stageOf("production", parts)), approvals: { required: 1 } },
    },
    approvals: { publicKey },
    mail: {
      host: "127.0.0.1",
      port: smtpPort,
      encryption: "none",
      from: "Provisioning service <tenants@example.com>",
    },
    work: {
      backendUrl: `file://${directory}/state?metadata=skip`,
      journal: `${directory}/journal.jsonl`,
      directory: `${directory}/work`,
    },
  };
  await writeFile(file, `# Written by npm run service, for this start.\n${stringify(settings)}`);
  await chmod(file, 0o644);
}

async function stageOf(stage: Stage, parts: LocalParts): Promise<Record<string, unknown>> {
  const { aws, secretsManagerUrl } = parts;
  const { apiUrl, tokenUrl, clientId, keyId } = parts.stages[stage];
  return {
    configuration: {
      ...aws.config,
      "tenants:stage": stage,
      "tenants:apiUrl": apiUrl,
      "tenants:tokenUrl": tokenUrl,
      "tenants:clientId": clientId,
      "tenants:keyId": keyId,
      "tenants:privateKeySecretArn": await storeKey(stage, parts),
      "tenants:owner": "platform-team",
      "tenants:journalDiskIsKept": true,
    },
    // Loopback is allowed in testing without this.
    allowedHosts:
      stage === "testing"
        ? []
        : [...new Set([apiUrl, tokenUrl, secretsManagerUrl].map((url) => new URL(url).host))],
  };
}

/** Stores the organization's key for the worker's engine; returns its ARN. */
async function storeKey(
  stage: Stage,
  { stages, secretsManagerUrl, region, aws }: LocalParts,
): Promise<string> {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = aws.env;
  const client = new SecretsManagerClient({
    endpoint: secretsManagerUrl,
    region,
    ...(accessKeyId && secretAccessKey ? { credentials: { accessKeyId, secretAccessKey } } : {}),
  });
  // The name is this sandbox's own, since the Secrets Manager may be shared.
  const { clientId, privateKeyPem } = stages[stage];
  const name = `partner/organization-key-${stage}-${clientId}`;
  try {
    const { ARN } = await client.send(new DescribeSecretCommand({ SecretId: name }));
    return ARN ?? name;
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
    const { ARN } = await client.send(new CreateSecretCommand({ Name: name, SecretString: privateKeyPem }));
    return ARN ?? name;
  } finally {
    client.destroy();
  }
}
