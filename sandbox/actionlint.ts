import path from "node:path";

import { cacheFolder, makeOnce } from "./cache";
import { runProcess, runToSuccess } from "./process";
import { buildGoTool } from "./pulumi/go-build";
import { type GoTool, goVersion } from "./pulumi/go-modules";

const version = "1.7.12";
const command = "github.com/rhysd/actionlint/cmd/actionlint";

const tool: GoTool = {
  binary: "actionlint",
  package: command,
  goMod: `module tools

go ${goVersion}

tool ${command}

require github.com/rhysd/actionlint v${version}
`,
  ldflags: "-s -w",
};

/**
 * Finds actionlint, which checks GitHub's workflows: on the PATH, else in the cache, else built from its Go
 * module, which takes about ten seconds.
 *
 * @returns Resolves with the command to run.
 * @throws SandboxError `PREREQUISITE_MISSING` or `INSTALL_FAILED`, with what to install.
 */
export async function findActionlint(): Promise<string> {
  if (await isOnPath()) return "actionlint";
  const folder = path.join(cacheFolder(), `actionlint-${version}`);
  await makeOnce(folder, async (temporary) => {
    await buildGoTool(temporary, tool, "actionlint (https://github.com/rhysd/actionlint)");
    await runToSuccess(path.join(temporary, "bin", "actionlint"), ["-version"]);
  });
  return path.join(folder, "bin", "actionlint");
}

async function isOnPath(): Promise<boolean> {
  try {
    return (await runProcess("actionlint", ["-version"])).exitCode === 0;
  } catch {
    return false;
  }
}
