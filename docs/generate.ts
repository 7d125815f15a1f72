import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

import { configurationPage, writeConfigurationReference } from "./configuration";
import {
  customersFileSchema,
  editorSchemas,
  schemaText,
  serviceFileSchema,
  stackFileSchema,
} from "./editor-schema";
import { rightsPage, writeRights } from "./rights";
import { serviceSettingsPage, writeServiceSettings } from "./service-settings";
import { statesPage, writeStates } from "./service-states";

/**
 * Writes the generated files: docs/configuration.md, the roles in docs/ci.md, the states in docs/service.md,
 * docs/service-settings.md, and the schemas for editors in docs/schemas.
 *
 * Run it by `npm run docs`.
 */
async function main(): Promise<void> {
  await writeFile(configurationPage, await writeConfigurationReference());
  await writeFile(rightsPage, await writeRights());
  await writeFile(statesPage, await writeStates());
  await writeFile(serviceSettingsPage, await writeServiceSettings());
  await mkdir(path.dirname(editorSchemas.stack), { recursive: true });
  await writeFile(editorSchemas.stack, schemaText(stackFileSchema()));
  await writeFile(editorSchemas.customers, schemaText(customersFileSchema()));
  await writeFile(editorSchemas.service, schemaText(serviceFileSchema()));
}

void main();
