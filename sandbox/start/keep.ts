import { writeFile } from "node:fs/promises";
import path from "node:path";
import { forgetForeign, localAdditions } from "../environment";
import type { Sandbox } from "./sandbox";

/**
 * Writes the `export` lines with which a person drives the sandbox's stack by hand, from the repository's root. The
 * organization's key goes into a file that only its owner can read and that goes with the workspace.
 */
export async function toExports({ tenantManagement, workspace }: Sandbox): Promise<string> {
  const keyFile = path.join(workspace.directory, "organization-key.pem");
  await writeFile(keyFile, tenantManagement.privateKeyPem, { mode: 0o600 });
  const [bin = ""] = (workspace.env["PATH"] ?? "").split(path.delimiter);
  const special: Readonly<Record<string, string>> = {
    PATH: `${quote(bin)}:"$PATH"`,
    TENANTS_PRIVATE_KEY: `"$(cat ${quote(keyFile)})"`,
  };
  const exports = Object.entries({ ...localAdditions(process.env), ...workspace.env }).map(
    ([name, value]) => `export ${name}=${special[name] ?? quote(value)}`,
  );
  return [forgetForeign, ...exports].join("\n");
}

/** Quotes a word for a POSIX shell where it needs it. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
