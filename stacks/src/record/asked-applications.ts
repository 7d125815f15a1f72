import { existsSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/**
 * Notices whether the engine asks for applications, as it does in an `up` alone. The program of a `refresh` or a
 * `destroy` (`--run-program`) cannot tell itself from that of an `up`, and registers components and providers all the
 * same; the resources' provider is not asked then. It leaves an empty file for each application that it is asked for.
 */
export class AskedApplications {
  #folder: string | undefined;

  /**
   * Gives the file that the provider of an application creates once it is asked for it.
   *
   * @param name the application's name in the stack
   */
  fileOf(name: string): string {
    return path.join((this.#folder ??= folderOfRun()), encodeURIComponent(name));
  }

  /** Tells whether all these applications were asked for, and there is one: once each was registered or has failed. */
  wereAsked(names: readonly string[]): boolean {
    return names.length > 0 && names.every((name) => existsSync(this.fileOf(name)));
  }
}

function folderOfRun(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), "resistant-tenants-"));
  process.once("exit", () => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
