import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

import { forgetForeign, localAdditions } from "../environment";
import type { PulumiCli } from "../pulumi/cli";
import type { ConfigOverrides } from "../pulumi/config-file";
import { createWorkspace, type Workspace } from "../pulumi/workspace";
import type { Closers } from "./closers";
import type { Sandbox } from "./sandbox";

const root = path.resolve(__dirname, "../..");

/** Variables that select one stack and its file: they apply only in its project's folder. */
const ofOneProject = ["PULUMI_OPTION_STACK", "PULUMI_OPTION_CONFIG_FILE"];

/**
 * Writes a file for a shell to `source`, with which a person uses the sandbox's stack, and the stacks of the
 * examples, by hand. Only their owner can read the file and the organization's key; both are deleted with the
 * workspace.
 *
 * @returns Resolves with the file's path, quoted for a shell.
 */
export async function writeEnvironment(
  sandbox: Sandbox,
  pulumi: PulumiCli,
  closers: Closers,
): Promise<string> {
  const { tenantManagement, workspace } = sandbox;
  const { directory, env } = workspace;
  const keyFile = path.join(directory, "organization-key.pem");
  const file = path.join(directory, "environment.sh");
  const bin = path.join(directory, "bin");
  const projects = new Map([[root, workspace], ...(await exampleStacks(sandbox, pulumi, closers))]);
  await mkdir(bin);
  await Promise.all([
    writeFile(keyFile, tenantManagement.privateKeyPem, { mode: 0o600 }),
    writeFile(path.join(bin, "pulumi"), wrapperOf(path.join(pulumi.bin, "pulumi"), projects), {
      mode: 0o755,
    }),
    writeFile(file, `${toExports(env, { bin: [bin, pulumi.bin], keyFile }).join("\n")}\n`, { mode: 0o600 }),
  ]);
  return quote(file);
}

/** Creates a stack of each example beside the sandbox's own; the files in the work tree stay as they are. */
async function exampleStacks(
  { tenantManagement, workspace }: Sandbox,
  pulumi: PulumiCli,
  closers: Closers,
): Promise<Array<[folder: string, workspace: Workspace]>> {
  const { apiUrl, tokenUrl, clientId, keyId } = tenantManagement;
  const ofTheOrganization: ConfigOverrides = {
    "tenants:apiUrl": apiUrl,
    "tenants:tokenUrl": tokenUrl,
    "tenants:clientId": clientId,
    "tenants:keyId": keyId,
    "tenants:journal": path.join(workspace.directory, "own-stack.journal.jsonl"),
    "tenants:journalDiskIsKept": true,
    // The sandbox's stack already has a tenant with the example's name.
    "own-stack:name": "ownstack",
  };
  const examples: Record<string, ConfigOverrides> = { downstream: {}, "own-stack": ofTheOrganization };
  return Promise.all(
    Object.entries(examples).map(async ([name, config]): Promise<[string, Workspace]> => {
      const projectDir = path.join(root, "examples", name);
      const { PULUMI_BACKEND_URL = "" } = workspace.env;
      const example = await createWorkspace({
        pulumi,
        stack: "dev",
        projectDir,
        configFile: path.join(projectDir, "Pulumi.dev.yaml"),
        config,
        env: { PULUMI_BACKEND_URL },
      });
      closers.add(`the stack of examples/${name}`, example.remove);
      return [projectDir, example];
    }),
  );
}

function toExports(
  env: Workspace["env"],
  { bin, keyFile }: { bin: readonly string[]; keyFile: string },
): string[] {
  const special: Readonly<Record<string, string>> = {
    PATH: `${bin.map(quote).join(":")}:"$PATH"`,
    TENANTS_PRIVATE_KEY: `"$(cat ${quote(keyFile)})"`,
  };
  const exports = Object.entries({ ...localAdditions(process.env), ...env })
    .filter(([name]) => !ofOneProject.includes(name))
    .map(([name, value]) => `export ${name}=${special[name] ?? quote(value)}`);
  return [forgetForeign(["AWS", "PULUMI", "TENANTS"]), ...exports];
}

/** Writes a `pulumi` script that, in the folder of each project, uses that project's stack in the sandbox. */
function wrapperOf(pulumi: string, projects: ReadonlyMap<string, Workspace>): string {
  const cases = [...projects].map(([folder, { env }]) => {
    const lines = ofOneProject.map((name) => `export ${name}="\${${name}-${env[name] ?? ""}}"`);
    return `${quote(folder)}) ${lines.join("; ")} ;;`;
  });
  return `#!/bin/sh
folder=$(pwd -P)
previous=
for word in "$@"; do
  case "$previous" in -C | --cwd) folder=$(cd "$word" && pwd -P) ;; esac
  case "$word" in --cwd=*) folder=$(cd "\${word#--cwd=}" && pwd -P) ;; esac
  previous=$word
done
until [ -e "$folder/Pulumi.yaml" ] || [ "\${#folder}" -le 1 ]; do folder=$(dirname "$folder"); done
case "$folder" in
${cases.join("\n")}
esac
exec ${quote(pulumi)} "$@"
`;
}

/** Quotes a word for a POSIX shell if necessary. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
