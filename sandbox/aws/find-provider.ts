import { existsSync, readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { z } from "zod";

import { cacheFolder } from "../cache";
import { reasonOf } from "../errors";
import { runToSuccess, startServer } from "../process";
import { type Log, withElapsed } from "../progress";
import { isPulumiSiteReachable, type PulumiCli } from "../pulumi/cli";
import type { ConfigOverrides } from "../pulumi/config-file";

/** The AWS provider of a workspace, and how the workspace uses it. */
export interface AwsProvider {
  /** Pulumi's plugin, or the sandbox's stand-in for it. */
  readonly kind: "plugin" | "stand-in";
  readonly env: Readonly<Record<string, string>>;
  readonly config: ConfigOverrides;
  /** The folder of installed plugins with the real one. */
  readonly pluginsFolder?: string;
  /** The process id of the stand-in. */
  readonly pid?: number;
  /** Ends what was started. */
  readonly close: () => Promise<void>;
}

/** A running stand-in, which the engine uses because of an environment variable. */
export interface AwsStandIn {
  /** The value of `PULUMI_DEBUG_PROVIDERS`. */
  readonly debugProviders: string;
  readonly pid: number;
  readonly close: () => Promise<void>;
}

export interface AwsOptions {
  readonly endpointUrl: string;
  /** The region of `aws:region`. */
  readonly region: string;
  readonly log: Log;
}

/** The plugin has some hundred megabytes. */
const pluginInstallTimeoutMs = 10 * 60_000;

/**
 * Finds the AWS provider of the project's @pulumi/aws: the real plugin if it is installed or can be, else the
 * sandbox's stand-in, which it starts.
 *
 * @returns Resolves with what a workspace needs to use it with the given endpoint.
 */
export async function findAwsProvider(
  options: AwsOptions & { readonly pulumi: PulumiCli },
): Promise<AwsProvider> {
  const { endpointUrl, region, log } = options;
  const aws = awsEnvironment(options);
  const version = awsVersion();
  const pluginsFolder = installedIn(version) ?? (await installPlugin(options.pulumi, version, log));
  if (pluginsFolder !== undefined) {
    log(`AWS provider: pulumi-resource-aws ${version}.`);
    const config = {
      "aws:region": region,
      "aws:skipCredentialsValidation": true,
      "aws:skipRequestingAccountId": true,
      "aws:skipMetadataApiCheck": true,
      "aws:endpoints": [{ secretsmanager: endpointUrl, kms: endpointUrl }],
    };
    return { kind: "plugin", env: aws, config, pluginsFolder, close: () => Promise.resolve() };
  }
  const { debugProviders, pid, close } = await startAwsProvider(options);
  log(
    "AWS provider: the sandbox's stand-in for Secrets Manager (the real plugin cannot be downloaded here).",
  );
  const env = { ...aws, PULUMI_DEBUG_PROVIDERS: debugProviders };
  return { kind: "stand-in", env, config: { "aws:region": region }, pid, close };
}

/**
 * Starts the stand-in of the AWS provider as a child process, which serves any number of `pulumi` commands.
 *
 * @throws SandboxError `PROCESS_FAILED`.
 */
export async function startAwsProvider(options: AwsOptions): Promise<AwsStandIn> {
  const program = ["-r", "ts-node/register/transpile-only", path.join(__dirname, "provider.ts")];
  const { port, pid, close } = await startServer("the AWS provider's stand-in", process.execPath, program, {
    cwd: path.resolve(__dirname, "../.."),
    env: { ...process.env, ...awsEnvironment(options), AWS_PROVIDER_VERSION: awsVersion() },
  });
  return { debugProviders: `aws:${port}`, pid, close };
}

/**
 * Returns the variables with which an AWS SDK uses the endpoint. The credentials are placeholders, unless the
 * environment has some for its own endpoint: the sandbox must not reach a developer's AWS account.
 */
export function awsEnvironment({ endpointUrl, region }: Omit<AwsOptions, "log">): Record<string, string> {
  const location = { AWS_ENDPOINT_URL: endpointUrl, AWS_REGION: region };
  const given = process.env["AWS_ENDPOINT_URL"] === endpointUrl;
  if (given && (process.env["AWS_ACCESS_KEY_ID"] || process.env["AWS_PROFILE"])) return location;
  return { ...location, AWS_ACCESS_KEY_ID: "sandbox", AWS_SECRET_ACCESS_KEY: "sandbox" };
}

/** Returns the version of the project's @pulumi/aws, which is also its plugin's. */
export function awsVersion(): string {
  const file = require.resolve("@pulumi/aws/package.json");
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, "utf8"))).version;
}

/** Returns the plugins' folder, the user's or the cache's, with a complete installation of the plugin. */
function installedIn(version: string): string | undefined {
  const userHome = process.env["PULUMI_HOME"] ?? path.join(os.homedir(), ".pulumi");
  return [userHome, cachedHome()]
    .map((home) => path.join(home, "plugins"))
    .find((plugins) => {
      const folder = path.join(plugins, `resource-aws-v${version}`);
      return existsSync(path.join(folder, "pulumi-resource-aws")) && !existsSync(`${folder}.partial`);
    });
}

async function installPlugin(pulumi: PulumiCli, version: string, log: Log): Promise<string | undefined> {
  if (!(await isPulumiSiteReachable())) return undefined;
  log(`Installing Pulumi's AWS provider ${version}, once: a few minutes.`);
  const env = { ...process.env, PULUMI_HOME: cachedHome(), PULUMI_SKIP_UPDATE_CHECK: "true" };
  try {
    await withElapsed(log, "installing pulumi-resource-aws", () =>
      runToSuccess(path.join(pulumi.bin, "pulumi"), ["plugin", "install", "resource", "aws", version], {
        env,
        timeoutMs: pluginInstallTimeoutMs,
      }),
    );
    return installedIn(version);
  } catch (error) {
    log(`The AWS provider could not be installed (${reasonOf(error)}).`);
    return undefined;
  }
}

function cachedHome(): string {
  return path.join(cacheFolder(), "pulumi-home");
}
