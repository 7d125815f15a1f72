import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import {
  CreateSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { type ServiceSettings, serviceSettingsSchema } from "resistant-tenants-service/settings/settings";

import { startTenantManagement, type TenantManagementSandbox } from "../../../sandbox/api";
import { localEnvironment } from "../../../sandbox/environment";
import { region, startShared } from "../../engine/engine";

/** The vendor, AWS and a backend for stacks, as a worker needs them. */
export interface WorkSandbox {
  directory: string;
  vendor: TenantManagementSandbox;
  aws: SecretsManagerClient;
  settings: ServiceSettings;
  /** What a worker's environment holds beside the database's URL. */
  environment: Record<string, string>;
  storedSecret(arn: string): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

export interface WorkSandboxOptions {
  /** How many persons must approve. Default: none. */
  required?: number;
  atOnce?: number;
}

/** Starts what a worker needs. */
export async function startWorkSandbox(options: WorkSandboxOptions = {}): Promise<WorkSandbox> {
  const { pulumi, secretsManager, aws: provider } = await startShared();
  const vendor = await startTenantManagement({ stage: "testing" });
  const directory = await mkdtemp(path.join(os.tmpdir(), "resistant-tenants-work-"));
  await Promise.all(["state", "work", "home"].map((folder) => mkdir(path.join(directory, folder))));
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const aws = new SecretsManagerClient({ region, endpoint: secretsManager.endpointUrl, credentials });
  const secretPrefix = `service-${randomUUID()}`;
  const key = await aws.send(
    new CreateSecretCommand({ Name: `organization-${randomUUID()}`, SecretString: vendor.privateKeyPem }),
  );
  const { PATH: searchPath = "" } = process.env;
  const settings = serviceSettingsSchema.parse({
    url: "http://127.0.0.1:1",
    identity: {
      issuer: "http://127.0.0.1:2",
      clientId: "service",
      audience: "service",
      personClaim: "employee",
    },
    stages: {
      testing: {
        configuration: {
          ...provider.config,
          "tenants:apiUrl": vendor.apiUrl,
          "tenants:tokenUrl": vendor.tokenUrl,
          "tenants:clientId": vendor.clientId,
          "tenants:keyId": vendor.keyId,
          "tenants:privateKeySecretArn": key.ARN,
          "tenants:secretPrefix": secretPrefix,
          "tenants:journalDiskIsKept": true,
        },
        approvals: { required: options.required ?? 0 },
      },
    },
    work: {
      backendUrl: `file://${path.join(directory, "state")}?metadata=skip`,
      journal: path.join(directory, "journal.jsonl"),
      directory: path.join(directory, "work"),
      ...(options.atOnce === undefined ? {} : { atOnce: options.atOnce }),
    },
  });
  const local = localEnvironment({});
  return {
    directory,
    vendor,
    aws,
    settings,
    environment: {
      ...Object.fromEntries(
        Object.entries(local).filter((entry): entry is [string, string] => entry[1] !== undefined),
      ),
      ...provider.env,
      PATH: [pulumi.bin, searchPath].join(path.delimiter),
      HOME: path.join(directory, "home"),
      PULUMI_CONFIG_PASSPHRASE: "sandbox",
      PULUMI_HOME: path.join(provider.pluginsFolder ?? path.join(directory, "home", "plugins"), ".."),
    },
    storedSecret: async (arn) => {
      const { SecretString } = await aws.send(new GetSecretValueCommand({ SecretId: arn }));
      return JSON.parse(SecretString ?? "") as Record<string, unknown>;
    },
    close: async () => {
      aws.destroy();
      await vendor.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
