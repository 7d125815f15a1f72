import { execFile } from "node:child_process";
import { promisify } from "node:util";

import type { Aws } from "../aws/aws";
import type { Provenance } from "../journal/recording";
import { readActor } from "../settings/actor";
import type { EnvironmentVariables } from "../settings/own-process";

/** How long to wait for AWS, git and the engine before the first event is recorded without their answers. */
const patienceMs = 2_000;

/**
 * Determines who runs this, and which versions. It runs when the first event is recorded, so that a run without a
 * change sends nothing.
 *
 * @param askEngineVersion asks the running engine for its version: the CLI on the PATH may be another one, so it is asked
 *   (`pulumi version`) only without this
 */
export async function provenance(
  aws: Aws,
  environment: EnvironmentVariables,
  askEngineVersion?: () => Promise<string>,
): Promise<Provenance> {
  const { ciCommit, ...actor } = readActor(environment);
  const [awsIdentity, checkedOut, engine] = await Promise.all([
    inTime(callerIdentity(aws)),
    inTime(output("git", ["rev-parse", "HEAD"], environment)),
    inTime(askEngineVersion?.() ?? output("pulumi", ["version"], environment)),
  ]);
  // The checked-out commit is what runs: a scheduled run may check out another one than its own.
  const commit = /^[0-9a-f]{40,64}$/.test(checkedOut ?? "") ? checkedOut : ciCommit;
  return {
    ...actor,
    ...(awsIdentity === undefined ? {} : { awsIdentity }),
    ...(commit === undefined ? {} : { commit }),
    versions: {
      package: packageVersion(),
      ...(engine === undefined ? {} : { engine: engine.replace(/^v/, "") }),
      node: process.versions.node,
    },
  };
}

/** Asks AWS for the caller's identity, which needs no permission. */
async function callerIdentity(aws: Aws): Promise<string | undefined> {
  // This version of the AWS SDK runs on every Node.js that this project supports; its warning is about later ones.
  // eslint-disable-next-line no-restricted-properties -- the SDK reads it there, and nowhere else
  Object.assign(process.env, { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" });
  // The SDK is loaded only if it is needed.
  const { GetCallerIdentityCommand, STSClient } = await import("@aws-sdk/client-sts");
  const client = aws.open(STSClient, "sts", {
    patience: { attempts: 1, connectionTimeoutMs: patienceMs, answerTimeoutMs: patienceMs },
  });
  try {
    return (await client.send(new GetCallerIdentityCommand({}))).Arn;
  } finally {
    client.destroy();
  }
}

async function output(
  command: string,
  args: readonly string[],
  environment: EnvironmentVariables,
): Promise<string> {
  const env = { ...environment, PULUMI_SKIP_UPDATE_CHECK: "true" };
  const { stdout } = await promisify(execFile)(command, args, { timeout: patienceMs, env });
  return stdout.trim();
}

/** Returns a result if it comes in time; events omit what could not be determined. */
async function inTime<T>(answer: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, patienceMs, undefined);
  });
  try {
    return await Promise.race([answer.catch(() => undefined), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

function packageVersion(): string {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a JSON file of this package
  return (require("../../package.json") as { version: string }).version;
}
