import { writeFile } from "node:fs/promises";
import path from "node:path";

import { openInFolder } from "./repair";
import type { WorkFolder } from "./work-folder";

/**
 * The organization's tenants, listed once for all engines of a fleet's refresh. Otherwise each would read
 * every page of the list for the few tenants of its stack.
 */
export class ListedTenants {
  #file: Promise<string | undefined> | undefined;

  /**
   * @param folder the fleet's folder, which is deleted at its end
   * @param environment the engines' environment
   */
  constructor(
    private readonly folder: string,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  /**
   * Lists the tenants for the first stack that needs them.
   *
   * @returns Resolves with the file that contains them (`TENANTS_LISTED`), or with undefined if they could
   * not be listed: then each engine lists them itself, and reports the problem.
   */
  file(stack: string, work: WorkFolder): Promise<string | undefined> {
    this.#file ??= this.#write(stack, work).catch(() => undefined);
    return this.#file;
  }

  async #write(stack: string, work: WorkFolder): Promise<string> {
    const opened = await openInFolder(work, stack, this.environment);
    const api = await opened.connect();
    try {
      const file = path.join(this.folder, "tenants.json");
      await writeFile(file, JSON.stringify(await api.listTenants()), { mode: 0o600 });
      return file;
    } finally {
      await api.close();
    }
  }
}
