import { writeFile } from "node:fs/promises";

import { configurationPage, writeConfigurationReference } from "./configuration";

/**
 * Writes the pages that are made from the sources: docs/configuration.md.
 *
 *   npm run docs
 */
async function main(): Promise<void> {
  await writeFile(configurationPage, await writeConfigurationReference());
}

void main();
