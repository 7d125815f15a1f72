import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { reasonOf, SandboxError } from "../errors";
import { runProcess, runToSuccess } from "../process";
import { type Log, withElapsed } from "../progress";
import { type GoEdit, type GoTool, goVersion, pulumiGoTools, pulumiScripts } from "./go-modules";

/**
 * Builds the Pulumi CLI, its Node.js language host and the host of dynamic providers from Go modules into the
 * folder's `bin`.
 *
 * @throws SandboxError `PREREQUISITE_MISSING` without a suitable Go, `INSTALL_FAILED` if the build fails.
 */
export async function buildPulumi(folder: string, version: string, log: Log): Promise<void> {
  const bin = path.join(folder, "bin");
  await mkdir(bin, { recursive: true });
  const tools = pulumiGoTools(version);
  const otherwise = "a Pulumi CLI (https://www.pulumi.com/docs/iac/download-install/)";
  for (const tool of tools) await prepareModule(folder, tool, otherwise);
  log(`Building the Pulumi CLI ${version} from Go modules, once: about 5 minutes on 2 cores.`);
  for (const tool of tools) {
    await withElapsed(log, `building ${tool.binary}`, () => buildTool(folder, tool, otherwise));
  }
  for (const [name, script] of Object.entries(pulumiScripts)) {
    await writeFile(path.join(bin, name), script);
    await chmod(path.join(bin, name), 0o755);
  }
}

/**
 * Builds one Go tool into the folder's `bin`.
 *
 * @param otherwise - What can be installed instead, and from where.
 * @throws SandboxError `PREREQUISITE_MISSING` without a suitable Go, `INSTALL_FAILED` if the build fails.
 */
export async function buildGoTool(folder: string, tool: GoTool, otherwise: string): Promise<void> {
  await mkdir(path.join(folder, "bin"), { recursive: true });
  await prepareModule(folder, tool, otherwise);
  await buildTool(folder, tool, otherwise);
}

function moduleFolder(folder: string, tool: GoTool): string {
  return path.join(folder, `${tool.binary}-module`);
}

async function prepareModule(folder: string, tool: GoTool, otherwise: string): Promise<void> {
  const cwd = moduleFolder(folder, tool);
  await mkdir(cwd);
  await writeFile(path.join(cwd, "go.mod"), tool.goMod);
  await assertGo(cwd, tool, otherwise);
}

async function buildTool(folder: string, tool: GoTool, otherwise: string): Promise<void> {
  const cwd = moduleFolder(folder, tool);
  const env = buildEnvironment();
  const output = path.join(folder, "bin", tool.binary);
  const build = ["build", "-trimpath", "-ldflags", tool.ldflags, "-o", output, tool.package];
  try {
    await runToSuccess("go", ["mod", "tidy"], { cwd, env });
    for (const [index, edit] of (tool.edits ?? []).entries()) await editModule(cwd, edit, index);
    await runToSuccess("go", build, { cwd, env });
  } catch (error) {
    throw new SandboxError(
      "INSTALL_FAILED",
      `${tool.binary} could not be built from Go modules; check that Go's module proxy can be reached and that 3 GB of disk space are free, or put ${otherwise} on the PATH. ${reasonOf(error)}`,
      { cause: error },
    );
  }
  await rm(cwd, { recursive: true });
}

/** Replaces a dependency by a copy with other texts. */
async function editModule(cwd: string, { module, replacements }: GoEdit, index: number): Promise<void> {
  const options = { cwd, env: buildEnvironment() };
  const original = await runToSuccess("go", ["list", "-m", "-f", "{{.Dir}}", module], options);
  const copy = `edited-${String(index)}`;
  await runToSuccess("cp", ["-r", original.trim(), copy], { cwd });
  await runToSuccess("chmod", ["-R", "u+w", copy], { cwd });
  for (const [file, before, after] of replacements) {
    const edited = path.join(cwd, copy, file);
    const text = await readFile(edited, "utf8");
    if (!text.includes(before)) throw new Error(`${module} has no ${JSON.stringify(before)} in ${file}.`);
    await writeFile(edited, text.replace(before, after));
  }
  const goMod = path.join(cwd, copy, "go.mod");
  // A package of the time before modules has none.
  if (!existsSync(goMod)) await writeFile(goMod, `module ${module}\n`);
  await runToSuccess("go", ["mod", "edit", `-replace=${module}=./${copy}`], options);
}

/** A workspace around the cache, or flags for another module, must not affect the build. */
function buildEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, GOWORK: "off", GOFLAGS: "-mod=mod -buildvcs=false" };
}

/** Asks Go in the module's folder, where a Go that can download newer toolchains reports the one it would use. */
async function assertGo(cwd: string, { binary }: GoTool, otherwise: string): Promise<void> {
  const remedy = `install ${otherwise}, or Go ${goVersion} or later (https://go.dev/dl/) to build it`;
  try {
    const answer = await runProcess("go", ["version"], {
      cwd,
      env: buildEnvironment(),
      timeoutMs: 120_000,
    });
    if (answer.exitCode === 0) return;
    throw new SandboxError(
      "PREREQUISITE_MISSING",
      `No ${binary}, and this Go is too old to build one (${answer.stderr.trim()}): ${remedy}.`,
    );
  } catch (error) {
    if (error instanceof SandboxError) throw error;
    throw new SandboxError("PREREQUISITE_MISSING", `No ${binary}, and no Go to build one: ${remedy}.`, {
      cause: error,
    });
  }
}
