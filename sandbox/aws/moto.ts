import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { cacheFolder, makeOnce } from "../cache";
import { SandboxError, reasonOf } from "../errors";
import { runProcess, runToSuccess, startServer } from "../process";
import { elapsed, withElapsed, type Log } from "../progress";

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
async function findMoto(log: Log): Promise<string> {
  const folder = path.join(cacheFolder(), `moto-${motoVersion}`);
  const python = path.join(folder, "bin", "python");
  if (existsSync(python)) return python;
  // What is there now is a virtual environment whose Python was uninstalled: its link leads nowhere.
  await rm(folder, { recursive: true, force: true });
  const startedAt = performance.now();
  const basePython = await findPython();
  log(`Installing moto ${motoVersion} from PyPI into ${folder}, once: about half a minute.`);
  await makeOnce(folder, async (temporary) => {
    await makeEnvironment(basePython, temporary);
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", motoRequirement];
    try {
      await withElapsed(log, "installing moto", () =>
        runToSuccess(path.join(temporary, "bin", "python"), pip),
      );
    } catch (error) {
      throw new SandboxError(
        "INSTALL_FAILED",
        `moto could not be installed from PyPI; see that pip can reach it, or set AWS_ENDPOINT_URL to a Secrets Manager of your own, such as LocalStack. ${reasonOf(error)}`,
        { cause: error },
      );
    }
  });
  log(`moto is ready (${elapsed(performance.now() - startedAt)}).`);
  return python;
}

async function makeEnvironment(python: string, folder: string): Promise<void> {
  const result = await runProcess(python, ["-m", "venv", folder]);
  if (result.exitCode === 0) return;
  throw new SandboxError(
    "PREREQUISITE_MISSING",
    `${python} cannot make a virtual environment: install its venv module (on Debian and Ubuntu: apt-get install python3-venv). ${result.stderr.trim() || result.stdout.trim()}`,
  );
}

async function findPython(): Promise<string> {
  const tooOld = "import sys; sys.exit(sys.version_info < (3, 10))";
  for (const name of ["python3", "python"]) {
    try {
      if ((await runProcess(name, ["-c", tooOld], { timeoutMs: 30_000 })).exitCode === 0) return name;
    } catch {
      // There is no program of this name: the next one may be there.
    }
  }
  throw new SandboxError(
    "PREREQUISITE_MISSING",
    "Python 3.10 or later is needed for the sandbox's Secrets Manager and was not found as python3 or python: install it (on Debian and Ubuntu: apt-get install python3 python3-venv), or set AWS_ENDPOINT_URL to a Secrets Manager of your own, such as LocalStack.",
  );
}
