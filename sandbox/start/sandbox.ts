import { randomBytes } from "node:crypto";
import path from "node:path";

import { z } from "zod";

import { startTenantManagement, type TenantManagementSandbox } from "../api";
import { type AwsProvider, findAwsProvider } from "../aws/find-provider";
import { startSecretsManager } from "../aws/moto";
import type { TrialOptions } from "../aws/trial";
import { SandboxError } from "../errors";
import type { Log } from "../progress";
import type { PulumiCli } from "../pulumi/cli";
import { readConfig } from "../pulumi/config-file";
import { createWorkspace, type Workspace } from "../pulumi/workspace";
import type { Closers } from "./closers";

/** Everything that one run of the `dev` stack needs, on loopback ports. */
export interface Sandbox {
  readonly tenantManagement: TenantManagementSandbox;
  readonly workspace: Workspace;
  /** Whether Secrets Manager was already running, and so continues after the sandbox. */
  readonly foreignSecretsManager: boolean;
  /** What is needed to test the AWS provider: see assumptions.ts. */
  readonly trial: TrialOptions & { readonly aws: AwsProvider };
}

const root = path.resolve(__dirname, "../..");
const committedConfig = path.join(root, "Pulumi.dev.yaml");

/** Starts the stand-ins and creates the `dev` stack's workspace, configured to use them. */
export async function startSandbox(pulumi: PulumiCli, log: Log, closers: Closers): Promise<Sandbox> {
  const region = z
    .string()
    .default("eu-west-1")
    .parse(await readConfig(committedConfig, "aws:region"));

  const tenantManagement = await startTenantManagement();
  closers.add("the Tenant Management API", () => tenantManagement.close());
  const { apiUrl, tokenUrl, clientId, keyId } = tenantManagement;
  log(`Tenant Management API: ${apiUrl}; the organization's authorization server: ${tokenUrl}.`);
  log(`The tenant applications' authorization servers: one per cell, on the same port.`);

  const secretsManager = await startSecretsManager({ log });
  closers.add("Secrets Manager", secretsManager.close);
  const { endpointUrl } = secretsManager;

  const aws = await findAwsProvider({ pulumi, endpointUrl, region, log });
  closers.add("the AWS provider", aws.close);

  const foreignSecretsManager = secretsManager.pid === undefined;
  const workspace = await createWorkspace({
    pulumi,
    stack: "dev",
    projectDir: root,
    configFile: committedConfig,
    config: {
      ...aws.config,
      "tenants:apiUrl": apiUrl,
      "tenants:tokenUrl": tokenUrl,
      "tenants:clientId": clientId,
      "tenants:keyId": keyId,
      // A shared Secrets Manager may already have secrets with the committed names.
      ...(foreignSecretsManager
        ? { "tenants:secretPrefix": `sandbox-${randomBytes(4).toString("hex")}` }
        : {}),
    },
    env: {
      ...aws.env,
      TENANTS_PRIVATE_KEY: tenantManagement.privateKeyPem,
      // For people who use it by hand: an `up` would print the record of every customer.
      PULUMI_OPTION_SUPPRESS_OUTPUTS: "true",
    },
    ...(aws.pluginsFolder === undefined ? {} : { pluginsFolder: aws.pluginsFolder }),
  });
  closers.add("the workspace", workspace.remove);
  await workspace.configure({
    "tenants:journal": path.join(workspace.directory, "journal.jsonl"),
    "tenants:journalDiskIsKept": true,
  });
  const trial = { pulumi, aws, endpointUrl, region };
  return { tenantManagement, workspace, foreignSecretsManager, trial };
}

/**
 * Runs a `pulumi` command and shows its progress; after an interruption the engine finishes its requests in
 * flight.
 *
 * @throws SandboxError `PROCESS_FAILED` if its exit code is not 0.
 */
export async function runPulumi(
  workspace: Workspace,
  args: readonly string[],
  interruption?: { readonly signal: AbortSignal; readonly closers: Closers },
): Promise<void> {
  const signal = interruption && { signal: interruption.signal };
  const running = workspace.run(args, { stdout: "terminal", ...signal });
  interruption?.closers.add(`pulumi ${args.join(" ")}`, () => running);
  const { exitCode } = await running;
  if (exitCode !== 0) {
    const message = `pulumi ${args.join(" ")} ended with exit code ${exitCode}; its own output above says why`;
    throw new SandboxError("PROCESS_FAILED", message);
  }
}
