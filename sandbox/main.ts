import { rmSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

import { z } from "zod";

import { type StartOptions, startTenantManagement, type TenantManagementSandbox } from "./api";
import { stages } from "./api/cells";
import { type SecretsManager, startSecretsManager } from "./aws/moto";
import { forgetForeign, localAdditions, useLocalEnvironment } from "./environment";
import { reasonOf } from "./errors";
import { consoleLog, type Log } from "./progress";

const usage = `npm run sandbox -- [options]

Runs local stand-ins for the Tenant Management API, the authorization servers and AWS Secrets Manager until Ctrl-C.

  --stage STAGE             testing (default) or production: decides which cells there are
  --port PORT               loopback port of the API; default: a free one
  --latency-ms MS           how long each answer takes at least; default 0
  --rate-limit N[:BURST]    requests per second that the API serves, and its burst (default 1.5 N); default: no limit
  --quota N                 tenants the organization may have; default 20
  --help                    prints this

AWS_ENDPOINT_URL, if set, names the Secrets Manager to use instead of the sandbox's own.
`;

const natural = z.string().regex(/^\d+$/, "must be a whole number").transform(Number);

const flagsSchema = z.object({
  stage: z.enum(stages).optional(),
  port: natural.refine((port) => port <= 65535, "must be a port").optional(),
  "latency-ms": natural.optional(),
  "rate-limit": z
    .string()
    .regex(/^[1-9]\d*(:[1-9]\d*)?$/, "must be N or N:BURST")
    .transform((text) => text.split(":").map(Number))
    .optional(),
  quota: natural.optional(),
});

/** The signals that end the sandbox, with the exit code if they come before it runs. */
const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

async function main(): Promise<number> {
  const options = optionsOf(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(usage);
    return 0;
  }
  useLocalEnvironment();
  const signalled = new Promise<number>((resolve) => {
    for (const [signal, exitCode] of Object.entries(signals)) {
      // Not `once`: a second Ctrl-C must not end the process before it has cleaned up.
      process.on(signal, () => {
        resolve(exitCode);
      });
    }
  });
  const log = consoleLog();
  const started: { close(): Promise<void> }[] = [];
  try {
    const running = start(options, log, started).then(() => undefined);
    const interrupted = await Promise.race([running, signalled]);
    if (interrupted !== undefined) {
      return interrupted;
    }
    await signalled;
    log("Stopping.");
    return 0;
  } finally {
    await Promise.all(started.map((part) => part.close()));
  }
}

/**
 * Parses the command line.
 *
 * @returns undefined if it asks for help
 * @throws TypeError naming every wrong flag
 */
function optionsOf(args: string[]): StartOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      stage: { type: "string" },
      port: { type: "string" },
      "latency-ms": { type: "string" },
      "rate-limit": { type: "string" },
      quota: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help) {
    return undefined;
  }
  const flags = flagsSchema.safeParse(values);
  if (!flags.success) {
    throw new TypeError(
      flags.error.issues.map((issue) => `--${issue.path.join(".")}: ${issue.message}`).join("; "),
    );
  }
  const { stage, port, quota, "latency-ms": latencyMs, "rate-limit": rateLimit } = flags.data;
  const [perSecond, burst] = rateLimit ?? [];
  return {
    stage,
    port,
    quota,
    latencyMs,
    rateLimit:
      perSecond === undefined
        ? undefined
        : { perSecond, burst: burst ?? Math.ceil(1.5 * perSecond), retryAfter: "seconds" },
  };
}

/** @param started - gets everything that must be closed, as soon as it is started */
async function start(options: StartOptions, log: Log, started: { close(): Promise<void> }[]): Promise<void> {
  const api = await startTenantManagement(options);
  started.push(api);
  const secretsManager = await startSecretsManager({ log });
  started.push(secretsManager);
  const keyFile = await writeKey(api.privateKeyPem);
  log(directions(api, secretsManager, keyFile, options.stage ?? "testing"));
}

/** Writes the key to a file that only its owner can read, in a folder that is deleted when the process ends. */
async function writeKey(privateKeyPem: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "resistant-tenants-sandbox-"));
  process.once("exit", () => {
    rmSync(folder, { recursive: true, force: true });
  });
  const keyFile = path.join(folder, "organization-key.pem");
  await writeFile(keyFile, privateKeyPem, { mode: 0o600, flag: "wx" });
  return keyFile;
}

function directions(
  { apiUrl, tokenUrl, clientId, keyId, controlUrl }: TenantManagementSandbox,
  { endpointUrl }: SecretsManager,
  keyFile: string,
  stage: string,
): string {
  // --plaintext: pulumi refuses to store values that look like secrets, such as "tokenUrl".
  const settings = [
    ["tenants:stage", stage],
    ["tenants:apiUrl", apiUrl],
    ["tenants:tokenUrl", tokenUrl],
    ["tenants:clientId", clientId],
    ["tenants:keyId", keyId],
    // There is no AWS account to check.
    ["aws:skipCredentialsValidation", "true"],
    ["aws:skipRequestingAccountId", "true"],
  ] as const;
  return `
The sandbox runs, stage ${stage}. Ctrl-C ends it, and deletes all its data.

  apiUrl            ${apiUrl}
  tokenUrl          ${tokenUrl}
  clientId          ${clientId}
  keyId             ${keyId}
  private key       ${keyFile}
  control           ${controlUrl}
  Secrets Manager   ${endpointUrl}

To run the selected stack against it, in the project's folder:

  ${forgetForeign(["AWS", "TENANTS"])}
${Object.entries(localAdditions(process.env))
  .map(([name, value]) => `  export ${name}=${value}\n`)
  .join(
    "",
  )}  export TENANTS_PRIVATE_KEY="$(cat '${keyFile}')"${stage === "production" ? `\n  export TENANTS_ALLOWED_HOSTS=${hostsOf(apiUrl, endpointUrl)}` : ""}
  export AWS_ENDPOINT_URL=${endpointUrl}
  export AWS_REGION=eu-west-1 AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox
${settings.map(([key, value]) => `  pulumi config set --plaintext ${key} ${value}`).join("\n")}
`;
}

/** Loopback counts as the vendor's only in the stage testing. */
function hostsOf(...urls: string[]): string {
  return [...new Set(urls.map((url) => new URL(url).host))].join(",");
}

void main()
  .catch((error: unknown) => {
    process.stderr.write(`sandbox: ${reasonOf(error)}\n`);
    return 1;
  })
  .then((exitCode) => {
    // What was still starting when a signal came is ended by its own exit handlers.
    process.exit(exitCode);
  });
