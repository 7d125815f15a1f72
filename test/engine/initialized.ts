import { cpSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { readEncryption } from "../../sandbox/pulumi/config-file";
import {
  createWorkspace,
  type InitializedStack,
  type Workspace,
  type WorkspaceOptions,
} from "../../sandbox/pulumi/workspace";

/** Stacks of this repository's project as `pulumi stack init` left them, by name and encryption. */
const initialized = new Map<string, InitializedStack>();

/**
 * Makes a workspace as {@link createWorkspace} does. The second stack of a name, and each later one, begins with a copy of
 * what `pulumi stack init` made for the first: that takes as long as a quarter of an update.
 */
export async function createTestWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const { stack, projectDir, secretsProvider = "", env = {} } = options;
  const isUsual = projectDir === undefined && !Object.keys(env).some((name) => backend.test(name));
  if (!isUsual) return createWorkspace(options);
  const name = `${stack} ${secretsProvider}`;
  const known = initialized.get(name);
  if (known !== undefined) return createWorkspace({ ...options, initialized: known });
  const workspace = await createWorkspace(options);
  const state = mkdtempSync(path.join(os.tmpdir(), "initialized-"));
  process.once("exit", () => {
    rmSync(state, { recursive: true, force: true });
  });
  cpSync(path.join(workspace.directory, "state"), state, { recursive: true });
  initialized.set(name, { state, encryption: await readEncryption(workspace.configFile) });
  return workspace;
}

/** Variables that lead to another backend, or to another encryption. */
const backend = /^PULUMI_(?:BACKEND_URL|CONFIG_PASSPHRASE)/;
