import { randomUUID } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/**
 * Detects whether the engine requests applications, which it does only in an `up`. The program of a `refresh`
 * or a `destroy` (`--run-program`) cannot distinguish itself from that of an `up`, and registers components
 * and providers as well; but the resources' provider is not called then. The provider creates an empty file
 * for each requested application.
 */
export class AskedApplications {
  #folder: string | undefined;

  /**
   * Returns the file that the provider of an application creates when the engine requests it.
   *
   * @param name the application's name in the stack
   */
  fileOf(name: string): string {
    return path.join((this.#folder ??= folderOfRun()), encodeURIComponent(name));
  }

  /**
   * Returns whether all these applications were requested, and there is at least one. Call it once each was
   * registered or has failed.
   */
  wereAsked(names: readonly string[]): boolean {
    return names.length > 0 && names.every((name) => existsSync(this.fileOf(name)));
  }
}

/** The provider creates the folder with the first file: a program that is killed before leaves none. */
function folderOfRun(): string {
  const folder = path.join(os.tmpdir(), `resistant-tenants-${randomUUID()}`);
  process.once("exit", () => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
