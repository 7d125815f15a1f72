import { mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { findPulumi } from "../../sandbox/pulumi/cli";
import { writeQuickNode } from "./quick-node";

/**
 * Has the tests of a suite find the Pulumi CLI in a folder that has a `node` as `quick-node.ts` writes it, too: for what
 * looks the CLI up itself.
 *
 * @returns Gives the PATH that leads there.
 */
export function useQuickCli(): () => string {
  let folder = "";
  before(async () => {
    const { bin } = await findPulumi({ log: () => undefined });
    folder = mkdtempSync(path.join(os.tmpdir(), "quick-cli-"));
    for (const name of readdirSync(bin).filter((each) => each.startsWith("pulumi")))
      symlinkSync(path.join(bin, name), path.join(folder, name));
    writeQuickNode(folder);
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  return () => [folder, process.env["PATH"] ?? ""].join(path.delimiter);
}
