import path from "node:path";

import { SandboxError } from "../errors";
import { startServer } from "../process";
import type { Log } from "../progress";
import { findPythonWith } from "../python";

const motoVersion = "5.2.5";

/** moto's server with the services that the project uses. */
const motoRequirement = `moto[server,secretsmanager,kms,s3,logs]==${motoVersion}`;

/** An endpoint that behaves like AWS Secrets Manager (and KMS, S3 and CloudWatch Logs). */
export interface SecretsManager {
  readonly endpointUrl: string;
  /** The process id of the started server; undefined if it was already running. */
  readonly pid?: number;
  /** Ends what was started. */
  readonly close: () => Promise<void>;
}

export interface SecretsManagerOptions {
  readonly log: Log;
  /** The port of moto's server; default: a free one. */
  readonly port?: number;
  /** A file that stores moto's secrets across restarts; default: in memory. */
  readonly keptIn?: string;
}

/**
 * Uses the endpoint in the environment variable `AWS_ENDPOINT_URL` (such as LocalStack), or starts moto's
 * server from PyPI on a free loopback port, from a virtual environment in the cache that the first start
 * creates.
 *
 * @returns Resolves when the endpoint responds.
 * @throws SandboxError `NOT_ANSWERING`, `PREREQUISITE_MISSING` without a suitable Python, `INSTALL_FAILED`.
 */
export async function startSecretsManager({
  log,
  port: wanted = 0,
  keptIn,
}: SecretsManagerOptions): Promise<SecretsManager> {
  const given = process.env["AWS_ENDPOINT_URL"];
  if (given) {
    await assertAnswers(given);
    log(`Secrets Manager: ${given} (AWS_ENDPOINT_URL).`);
    return { endpointUrl: given, close: () => Promise.resolve() };
  }
  const python = await findMoto(log);
  const { port, pid, close } = await startServer("moto's server", python, [
    path.join(__dirname, "moto_server.py"),
    String(wanted),
    ...(keptIn === undefined ? [] : [keptIn]),
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

/** Returns the Python of the virtual environment with moto, which it creates if necessary. */
function findMoto(log: Log): Promise<string> {
  return findPythonWith([motoRequirement], {
    name: "moto",
    folder: `moto-${motoVersion}`,
    otherwise: "set AWS_ENDPOINT_URL to a Secrets Manager of your own, such as LocalStack",
    log,
  });
}
