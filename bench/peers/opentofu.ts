import { createPrivateKey } from "node:crypto";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import {
  createTransport,
  defaultRetryPolicy,
  OrganizationTokens,
  signerFor,
} from "../../provider/src/client";
import type { TenantManagementSandbox } from "../../sandbox/api";
import { runProcess, runToSuccess } from "../../sandbox/process";
import type { Work } from "../work/case";
import type { OpenTofu } from "./opentofu/build";
import type { Peer } from "./peer";
import { lastWords } from "./pulumi-peer";

const flags = ["-input=false", "-no-color"];
const commands: Readonly<Record<Work, readonly string[]>> = {
  create: ["apply", "-auto-approve", ...flags],
  // Exit code 2 means changes: it then fails.
  unchanged: ["apply", "-auto-approve", ...flags],
  refresh: ["plan", "-detailed-exitcode", ...flags],
  added: ["apply", "-auto-approve", ...flags],
  destroy: ["destroy", "-auto-approve", ...flags],
};

/** Creates the peer of OpenTofu's programs. The provider has no `private_key_jwt`: it is given a token. */
export function opentofu(programs: OpenTofu, restapiVersion: string): Peer {
  return {
    name: "opentofu",
    title: "OpenTofu",
    description: `OpenTofu ${programs.version} with Mastercard's restapi provider ${restapiVersion}, given a token; it stores no secret in Secrets Manager`,
    floor: "noop-alone",
    async prepare({ sandbox }) {
      const folder = await mkdtemp(path.join(tmpdir(), "bench-opentofu-"));
      await cp(path.join(__dirname, "opentofu/main.tf"), path.join(folder, "main.tf"));
      const env = {
        ...process.env,
        CHECKPOINT_DISABLE: "true",
        TF_VAR_api_url: sandbox.apiUrl,
        TF_VAR_token: await organizationToken(sandbox),
      };
      await runToSuccess(programs.tofu, ["init", `-plugin-dir=${programs.plugins}`, ...flags], {
        cwd: folder,
        env,
      });
      return {
        async run(work, customers) {
          const args = [...commands[work], `-var=customers=${customers}`];
          const { exitCode, stdout, stderr } = await runProcess(programs.tofu, args, { cwd: folder, env });
          const printed = stdout + stderr;
          if (exitCode !== 0) throw new Error(lastWords(`tofu ${args.join(" ")}`, printed));
          if (work === "unchanged" && !printed.includes("0 added, 0 changed, 0 destroyed")) {
            throw new Error("The unchanged run changed something.");
          }
        },
        state: () => readFile(path.join(folder, "terraform.tfstate"), "utf8"),
        close: () => rm(folder, { recursive: true, force: true }),
      };
    },
  };
}

async function organizationToken(sandbox: TenantManagementSandbox): Promise<string> {
  const { tokenUrl, clientId, keyId, privateKeyPem } = sandbox;
  const transport = createTransport();
  const sign = signerFor(createPrivateKey(privateKeyPem));
  try {
    const tokens = new OrganizationTokens({ tokenUrl, clientId, keyId, sign }, transport, defaultRetryPolicy);
    return await tokens.get();
  } finally {
    await transport.close();
  }
}
