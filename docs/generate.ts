import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

import { configurationPage, writeConfigurationReference } from "./configuration";
import { customersFileSchema, editorSchemas, schemaText, stackFileSchema } from "./editor-schema";
import { rightsPage, writeRights } from "./rights";
import { statesPage, writeStates } from "./service-states";

/**
 * Writes what is generated from the sources: docs/configuration.md, the roles in docs/ci.md, the states in docs/service.md, and the schemas for editors
 * in docs/schemas.
 *
 *   npm run docs
 */
async function main(): Promise<void> {
  await writeFile(configurationPage, await writeConfigurationReference());
  await writeFile(rightsPage, await writeRights());
  await writeFile(statesPage, await writeStates());
  await mkdir(path.dirname(editorSchemas.stack), { recursive: true });
  await writeFile(editorSchemas.stack, schemaText(stackFileSchema()));
  await writeFile(editorSchemas.customers, schemaText(customersFileSchema()));
}

void main();
