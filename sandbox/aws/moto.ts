import path from "node:path";

import { SandboxError } from "../errors";
import { startServer } from "../process";
import type { Log } from "../progress";
import { findPythonWith } from "../python";

const motoVersion = "5.2.5";

/** moto's server with the services that the project uses. */
const motoRequirement = `moto[server,secretsmanager,kms,s3,logs]==${motoVersion}`;

/** An endpoint that answers as AWS Secrets Manager does (and KMS, S3 and CloudWatch Logs). */
export interface SecretsManager {
  readonly endpointUrl: string;
  /** The process id of the server that was started; undefined where one was there already. */
  readonly pid?: number;
  /** Ends what was started. */
  readonly close: () => Promise<void>;
}

/**
 * Takes the endpoint in the environment variable `AWS_ENDPOINT_URL` (LocalStack, say), or starts moto's server from
 * PyPI on a free loopback port, from a virtual environment in the cache that the first start makes.
 *
 * @returns Resolves when the endpoint answers.
 * @throws SandboxError `NOT_ANSWERING`, `PREREQUISITE_MISSING` without a suitable Python, `INSTALL_FAILED`.
 */
export async function startSecretsManager({ log }: { log: Log }): Promise<SecretsManager> {
  const given = process.env["AWS_ENDPOINT_URL"];
  if (given) {
    await assertAnswers(given);
    log(`Secrets Manager: ${given} (AWS_ENDPOINT_URL).`);
    return { endpointUrl: given, close: () => Promise.resolve() };
  }
  const python = await findMoto(log);
  const { port, pid, close } = await startServer("moto's server", python, [
    path.join(__dirname, "moto_server.py"),
  ]);
  const endpointUrl = `http://127.0.0.1:${port}`;
  log(`Secrets Manager: moto ${motoVersion} at ${endpointUrl}.`);
  return { endpointUrl, pid, close };
}

async function assertAnswers(endpointUrl: string): Promise<void> {
  try {
    await fetch(endpointUrl, { signal: AbortSignal.timeout(5_000) });
  } catch (error) {
    throw new SandboxError(
      "NOT_ANSWERING",
      `Nothing answers at AWS_ENDPOINT_URL (${endpointUrl}): start it, or unset AWS_ENDPOINT_URL to use the sandbox's own Secrets Manager.`,
      { cause: error },
    );
  }
}

/** Returns the Python of the virtual environment that has moto, which it makes where there is none. */
function findMoto(log: Log): Promise<string> {
  return findPythonWith([motoRequirement], {
    name: "moto",
    folder: `moto-${motoVersion}`,
    otherwise: "set AWS_ENDPOINT_URL to a Secrets Manager of your own, such as LocalStack",
    log,
  });
}
