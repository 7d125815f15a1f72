import { mkdir, rename } from "node:fs/promises";
import path from "node:path";

import { cacheFolder, makeOnce } from "../../../sandbox/cache";
import { runProcess, runToSuccess } from "../../../sandbox/process";
import { type Log, withElapsed } from "../../../sandbox/progress";
import { buildGoTool } from "../../../sandbox/pulumi/go-build";
import { type GoTool, goVersion } from "../../../sandbox/pulumi/go-modules";

export const openTofuVersion = "1.12.6";
export const restapiVersion = "1.20.0";

/** The programs of the peer. */
export interface OpenTofu {
  readonly tofu: string;
  readonly version: string;
  /** The argument of `tofu init -plugin-dir`. */
  readonly plugins: string;
}

function goTool(binary: string, module: string, command: string, more: Partial<GoTool> = {}): GoTool {
  return {
    binary,
    package: command,
    goMod: `module tools\n\ngo ${goVersion}\n\ntool ${command}\n\nrequire ${module}\n`,
    ldflags: "-s -w",
    ...more,
  };
}

const restapiModule = "github.com/Mastercard/terraform-provider-restapi";
const restapi = goTool("terraform-provider-restapi", `${restapiModule} v${restapiVersion}`, restapiModule);

const tofuModule = "github.com/opentofu/opentofu";
const plainTofu = goTool("tofu", `${tofuModule} v${openTofuVersion}`, `${tofuModule}/cmd/tofu`);
const tofu: GoTool = {
  ...plainTofu,
  // A tool module does not take over the replacements of the modules it needs: this one is OpenTofu's own.
  goMod: `${plainTofu.goMod}
replace github.com/hashicorp/hcl/v2 v2.20.1 => github.com/opentofu/hcl/v2 v2.20.2-0.20251021132045-587d123c2828
`,
  ldflags: "-s -w -X github.com/opentofu/opentofu/version.dev=no",
};

/**
 * Finds OpenTofu on the PATH or in the cache, else builds it from its Go module into the cache; likewise the restapi
 * provider, which is always built.
 *
 * @throws SandboxError `PREREQUISITE_MISSING` without a suitable Go, `INSTALL_FAILED` if a build fails.
 */
export async function findOpenTofu(log: Log): Promise<OpenTofu> {
  const plugins = await findRestapi(log);
  const onPath = await versionOf("tofu");
  if (onPath !== undefined) return { tofu: "tofu", version: onPath, plugins };
  const folder = path.join(cacheFolder(), `opentofu-${openTofuVersion}`);
  await build(folder, tofu, "OpenTofu (https://opentofu.org)", log);
  return { tofu: path.join(folder, "bin", "tofu"), version: openTofuVersion, plugins };
}

async function findRestapi(log: Log): Promise<string> {
  const folder = path.join(cacheFolder(), `restapi-${restapiVersion}`);
  await build(folder, restapi, "Go", log, async (temporary) => {
    // The layout in which OpenTofu looks for providers.
    const arch = process.arch === "x64" ? "amd64" : process.arch;
    const place = `bench.example/mastercard/restapi/${restapiVersion}/${process.platform}_${arch}`;
    await mkdir(path.join(temporary, place), { recursive: true });
    const from = path.join(temporary, "bin", restapi.binary);
    await rename(from, path.join(temporary, place, `${restapi.binary}_v${restapiVersion}`));
  });
  return folder;
}

function build(
  folder: string,
  tool: GoTool,
  otherwise: string,
  log: Log,
  finish: (temporary: string) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  return makeOnce(folder, async (temporary) => {
    log(`Building ${tool.binary} from its Go module, once.`);
    await withElapsed(log, `building ${tool.binary}`, () => buildGoTool(temporary, tool, otherwise));
    await finish(temporary);
  });
}

async function versionOf(command: string): Promise<string | undefined> {
  try {
    const { exitCode } = await runProcess(command, ["version"]);
    if (exitCode !== 0) return undefined;
    return /v(\d+\.\d+\.\d+\S*)/.exec(await runToSuccess(command, ["version"]))?.[1];
  } catch {
    return undefined;
  }
}
