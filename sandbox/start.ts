import { parseArgs } from "node:util";

import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

import { screenOf, styled } from "../cli/print/screen";
import { describeTried, tryAssumptions } from "./aws/assumptions";
import { useLocalEnvironment } from "./environment";
import { SandboxError } from "./errors";
import { consoleLog, elapsed, type Log } from "./progress";
import { findPulumi } from "./pulumi/cli";
import { writeEnvironment } from "./start/keep";
import { exitAfter, type Lifetime, live } from "./start/lifetime";
import { proveSecret } from "./start/proof";
import { runPulumi, type Sandbox, startSandbox } from "./start/sandbox";
import { type ProvisionedApplication, toApplications, toTable } from "./start/stack-outputs";

const usage = `npm start [-- options]

Shows the whole product on this machine, without any account: starts local stand-ins for the Tenant Management
API, its authorization servers and AWS Secrets Manager, runs \`pulumi up\` of the dev stack, gets a token with each
stored secret, runs \`up\` again to show that nothing changes, and stops what it started.

  --keep    leaves the sandbox running until Ctrl-C, with a file to \`source\`, for use by hand
  --help    prints this

AWS_ENDPOINT_URL           a Secrets Manager to use instead of the sandbox's own, such as LocalStack
RESISTANT_TENANTS_CACHE    the folder for the Pulumi CLI and moto; default ~/.cache/resistant-tenants
`;

async function main(): Promise<number> {
  const options = { keep: { type: "boolean" }, help: { type: "boolean" } } as const;
  const { values } = parseArgs({ options });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  useLocalEnvironment();
  const startedAt = performance.now();
  const log = consoleLog();
  return await live({
    name: "npm start",
    log,
    work: async (lifetime) => {
      const sandbox = await runSteps(lifetime);
      if (values.keep) await keepUp(sandbox, lifetime);
    },
    onStopping: () => {
      log(title("7. Stop what was started"));
    },
    onStopped: () => {
      log(`No process and no temporary file is left. ${elapsed(performance.now() - startedAt)} in all.`);
    },
  });
}

async function runSteps(lifetime: Lifetime): Promise<Sandbox> {
  const { log, closers } = lifetime;
  log(title("1. Find the Pulumi CLI"));
  const pulumi = await findPulumi({ log });
  log(`pulumi ${pulumi.version} (${pulumi.source}) in ${pulumi.bin}`);

  log(title("2. Start the sandbox"));
  const sandbox = await startSandbox(pulumi, log, closers);

  log(title("3. pulumi up of the dev stack, from Pulumi.dev.yaml as committed"));
  if (sandbox.foreignSecretsManager) {
    const destroy = ["destroy", "--yes", "--skip-preview"];
    closers.add("the secrets", () => runPulumi(sandbox.workspace, destroy));
  }
  await runPulumi(sandbox.workspace, ["up", "--yes", "--suppress-outputs"], lifetime);

  log(title("4. What exists now"));
  const applications = toApplications(await sandbox.workspace.outputs());
  log(toTable(applications, screenOf(process.stdout, process.env)));

  log(title("5. Read each secret back from Secrets Manager and get a token with it"));
  await proveSecrets(sandbox, applications, log);

  log(title("6. pulumi up again"));
  await proveNoChange(sandbox, lifetime);
  if (sandbox.trial.aws.kind === "plugin") {
    log("The AWS provider is the real one: does it behave as the sandbox's stand-in assumes?");
    log(describeTried(await tryAssumptions(sandbox.trial)));
  }
  return sandbox;
}

/** Writes the title of a step. */
function title(text: string): string {
  return styled(screenOf(process.stdout, process.env), "bold", text);
}

async function keepUp(sandbox: Sandbox, { log, closers, untilStopped }: Lifetime): Promise<void> {
  const { tenantManagement, workspace } = sandbox;
  const file = await writeEnvironment(sandbox, await findPulumi({ log: () => undefined }), closers);
  log(`
The sandbox runs until Ctrl-C, which deletes all of it. In another terminal, in this folder:

source ${file}

- Then pulumi up, preview, refresh, stack output and destroy, and npm run tenants, work on this stack.
- Its configuration is this file, a copy of Pulumi.dev.yaml. Edit it to add or change customers:
  ${workspace.configFile}
- In examples/downstream and examples/own-stack, pulumi up works on stacks of theirs.
- Requests and faults of the Tenant Management API: ${tenantManagement.controlUrl}
`);
  await untilStopped();
}

async function proveSecrets(
  { workspace }: Sandbox,
  applications: readonly ProvisionedApplication[],
  log: Log,
): Promise<void> {
  const { AWS_REGION: region, AWS_ENDPOINT_URL: endpoint } = workspace.env;
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = workspace.env;
  const client = new SecretsManagerClient({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(accessKeyId && secretAccessKey ? { credentials: { accessKeyId, secretAccessKey } } : {}),
  });
  try {
    for (const application of applications) {
      const { method, scopes, expiresIn = 0 } = await proveSecret(client, application);
      log(`${application.secretName}: a token by ${method} for ${scopes.join(" ")}, good for ${expiresIn} s`);
    }
  } finally {
    client.destroy();
  }
}

/** Runs `up` a second time: the engine itself fails it where there is a change, and the API counts its requests. */
async function proveNoChange({ workspace, tenantManagement }: Sandbox, lifetime: Lifetime): Promise<void> {
  tenantManagement.control.resetRequests();
  const up = ["up", "--yes", "--suppress-outputs", "--expect-no-changes"];
  await runPulumi(workspace, up, lifetime);
  const sent = Object.entries(tenantManagement.control.requests()).filter(([, count]) => count > 0);
  if (sent.length > 0) {
    const counts = sent.map(([operation, count]) => `${operation}: ${count}`).join(", ");
    throw new SandboxError("PROOF_FAILED", `an up without a change sent requests (${counts})`);
  }
  lifetime.log("Nothing to change; 0 requests to the Tenant Management API, 0 token requests.");
}

exitAfter("npm start", main);
