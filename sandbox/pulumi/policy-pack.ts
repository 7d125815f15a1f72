import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";

import type { PulumiCli } from "./cli";

/** A policy pack that the present CLI can run. */
export interface RunnablePolicyPack {
  /** The value of `--policy-pack`. */
  readonly folder: string;
  /** Further variables for the command. */
  readonly env: Readonly<Record<string, string>>;
}

/** For a runtime without a language host the engine runs `pulumi-analyzer-policy-<runtime>` in the pack's folder. */
const standInRuntime = "packnode";

/** The engine passes two more variables to a pack for Node.js. */
const standInScript = `#!/bin/sh
export PULUMI_NODEJS_PROJECT="$PULUMI_PROJECT" PULUMI_NODEJS_STACK="$PULUMI_STACK"
exec node "$(node -p 'require.resolve("@pulumi/pulumi/cmd/run-policy-pack")')" "$@"
`;

/**
 * Prepares a policy pack for Node.js so that the CLI can run it. A CLI that was built here has a language
 * host that is too old to start packs: it gets the same pack with a runtime of another name, in a separate
 * folder.
 *
 * @param pack the pack's folder
 * @param nodeModules the folder of the packages it needs
 * @param directory where files can be written
 */
export async function preparePolicyPack(
  pulumi: PulumiCli,
  { pack, nodeModules, directory }: { pack: string; nodeModules: string; directory: string },
): Promise<RunnablePolicyPack> {
  if (pulumi.source !== "built") return { folder: pack, env: {} };
  const folder = path.join(directory, "policy-pack");
  const bin = path.join(directory, "policy-bin");
  await Promise.all([folder, bin].map((one) => mkdir(one)));
  const definition = await readFile(path.join(pack, "PulumiPolicy.yaml"), "utf8");
  await Promise.all([
    writeFile(
      path.join(folder, "PulumiPolicy.yaml"),
      definition.replace("name: nodejs", `name: ${standInRuntime}`),
    ),
    ...["package.json", "main.js"].map((file) => symlink(path.join(pack, file), path.join(folder, file))),
    symlink(nodeModules, path.join(folder, "node_modules")),
    writeFile(path.join(bin, `pulumi-analyzer-policy-${standInRuntime}`), standInScript, { mode: 0o755 }),
  ]);
  return {
    folder,
    env: { PATH: [bin, pulumi.bin, process.env["PATH"] ?? ""].join(path.delimiter) },
  };
}
