import { randomUUID } from "node:crypto";
import { chmod, chown, mkdir, mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { CreateBucketCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { type ServiceSettings, serviceSettingsSchema } from "resistant-tenants-service/settings/settings";

import { startTenantManagement, type TenantManagementSandbox } from "../../../sandbox/api";
import { localEnvironment } from "../../../sandbox/environment";
import { preparePolicyPack } from "../../../sandbox/pulumi/policy-pack";
import { startMailReceiver } from "../../../sandbox/service/mail";
import type { ServerUser } from "../../../sandbox/service/postgres-user";
import { region, repositoryRoot, startShared } from "../../engine/engine";
import { compileCache, writeQuickNode } from "../../support/quick-node";
import { startReceiver } from "../notices/receiver";
import { reachableCli } from "./reachable-cli";

/** The vendor, AWS and a backend for stacks, as a worker needs them. */
export interface WorkSandbox {
  directory: string;
  vendor: TenantManagementSandbox;
  aws: SecretsManagerClient;
  settings: ServiceSettings;
  /** What a worker's environment holds beside the database's URL. */
  environment: Record<string, string>;
  storedSecret(arn: string): Promise<Record<string, unknown>>;
  /** The ends of the chain of events that are noted in S3. */
  notedHeads(): Promise<string[]>;
  close(): Promise<void>;
}

export interface WorkSandboxOptions {
  /** How many persons must approve. Default: none. */
  required?: number;
  atOnce?: number;
  /** Whether mails are sent, and a webhook is called: what came is in files of the folder. Default: false. */
  isTold?: boolean;
  /** The vendor's quota of tenants. Default: the usual one. */
  quota?: number;
  /** Has state, journal and the noted end of the chain of events in S3, and each plan pass the policy pack. */
  asInProduction?: boolean;
  /** As whom engines run: what lies below root's home is placed where that user can go. Default: as the worker. */
  engineUser?: { name: string } & ServerUser;
  /** What encrypts the stacks' secrets. Default: a key of KMS. */
  encryption?: "passphrase";
}

/** Starts what a worker needs. */
export async function startWorkSandbox(options: WorkSandboxOptions = {}): Promise<WorkSandbox> {
  const { pulumi: found, secretsManager, aws: provider, secretsProvider } = await startShared();
  const { engineUser } = options;
  const pulumi = engineUser === undefined ? found : await reachableCli(found, engineUser);
  const vendor = await startTenantManagement({ stage: "testing" });
  const directory = await mkdtemp(path.join(os.tmpdir(), "resistant-tenants-work-"));
  await Promise.all(["state", "work", "home"].map((folder) => mkdir(path.join(directory, folder))));
  const cache = engineUser === undefined ? compileCache : path.join(directory, "compile-cache");
  if (engineUser !== undefined) {
    await chmod(directory, 0o711);
    await mkdir(cache);
    await chown(cache, engineUser.uid, engineUser.gid);
  }
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const aws = new SecretsManagerClient({ region, endpoint: secretsManager.endpointUrl, credentials });
  const secretPrefix = `service-${randomUUID()}`;
  const key = await aws.send(
    new CreateSecretCommand({ Name: `organization-${randomUUID()}`, SecretString: vendor.privateKeyPem }),
  );
  const told = options.isTold === true ? await startTold(directory) : undefined;
  const places = options.asInProduction === true ? await placesInS3(secretsManager.endpointUrl) : undefined;
  const pack =
    options.asInProduction === true
      ? await preparePolicyPack(pulumi, {
          pack: path.join(repositoryRoot, "policy"),
          nodeModules: path.join(repositoryRoot, "node_modules"),
          directory,
        })
      : undefined;
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
          ...(options.quota === undefined ? {} : { "tenants:quota": options.quota }),
        },
        approvals: { required: options.required ?? 0 },
      },
    },
    work: {
      backendUrl: `file://${path.join(directory, "state")}?metadata=skip`,
      journal: path.join(directory, "journal.jsonl"),
      directory: path.join(directory, "work"),
      ...(options.encryption === "passphrase" ? {} : { secretsProvider }),
      ...(options.atOnce === undefined ? {} : { atOnce: options.atOnce }),
      ...places?.work,
      ...(pack === undefined ? {} : { policyPack: pack.folder }),
      ...(engineUser === undefined ? {} : { engineUser: engineUser.name }),
    },
    ...told?.settings,
    ...(places === undefined ? {} : { audit: places.audit }),
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
      ...told?.environment,
      ...places?.environment,
      // Another user has a compile cache of its own, and does not enter the folder of this one.
      ...(engineUser === undefined ? { NODE_COMPILE_CACHE: cache } : {}),
      PATH: [pulumi.bin, writeQuickNode(path.join(directory, "bin"), cache), searchPath].join(path.delimiter),
      ...pack?.env,
      HOME: path.join(directory, "home"),
      PULUMI_CONFIG_PASSPHRASE: "sandbox",
      PULUMI_HOME: path.join(provider.pluginsFolder ?? path.join(directory, "home", "plugins"), ".."),
    },
    storedSecret: async (arn) => {
      const { SecretString } = await aws.send(new GetSecretValueCommand({ SecretId: arn }));
      return JSON.parse(SecretString ?? "") as Record<string, unknown>;
    },
    notedHeads: async () => (await places?.notedHeads()) ?? [],
    close: async () => {
      places?.close();
      aws.destroy();
      await told?.close();
      await vendor.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The signing secret of the webhook, for a worker. */
export const webhookSecret = `whsec_${Buffer.from(randomUUID()).toString("base64")}`;

async function startTold(directory: string) {
  const mail = await startMailReceiver(path.join(directory, "mail"));
  const webhook = await startReceiver(path.join(directory, "webhook.jsonl"));
  const from = "tenants@example.com";
  const secretEnv = "SERVICE_WEBHOOK_CRM";
  return {
    settings: {
      mail: { host: "127.0.0.1", port: mail.port, encryption: "none", from },
      webhooks: [{ name: "crm", url: webhook.url, secretEnv, allowPrivateAddresses: true }],
    },
    environment: { [secretEnv]: webhookSecret },
    close: async () => {
      await mail.close();
      await webhook.close();
    },
  };
}

/** Makes buckets for what a service in production keeps in S3. */
async function placesInS3(endpoint: string) {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const s3 = new S3Client({ region, endpoint, credentials, forcePathStyle: true });
  const [state, journal] = [`state-${randomUUID()}`, `journal-${randomUUID()}`];
  for (const Bucket of [state, journal])
    await s3.send(
      new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: region } }),
    );
  const { host } = new URL(endpoint);
  return {
    work: {
      backendUrl: `s3://${state}?region=${region}&endpoint=${host}&disableSSL=true&s3ForcePathStyle=true`,
      journal: `s3://${journal}/tenants`,
    },
    audit: { head: `s3://${journal}/heads` },
    notedHeads: async () => {
      const { Contents = [] } = await s3.send(
        new ListObjectsV2Command({ Bucket: journal, Prefix: "heads/" }),
      );
      // Each is named by its place in the chain, and its hash.
      return Contents.flatMap(({ Key = "" }) => {
        const hash = /-([0-9a-f]{64})\.json$/.exec(Key)?.[1];
        return hash === undefined ? [] : [`sha256:${hash}`];
      });
    },
    close: () => {
      s3.destroy();
    },
    environment: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_REGION: region,
    },
  };
}
