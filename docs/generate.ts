import { writeFile } from "node:fs/promises";

import { configurationPage, writeConfigurationReference } from "./configuration";
import { rightsPage, writeRights } from "./rights";

/**
 * Writes the pages that are generated from the sources: docs/configuration.md, and the roles in docs/ci.md.
 *
 *   npm run docs
 */
async function main(): Promise<void> {
  await writeFile(configurationPage, await writeConfigurationReference());
  await writeFile(rightsPage, await writeRights());
}

void main();
