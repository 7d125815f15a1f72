import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";

import { editorSchemas, schemaText, serviceFileSchema } from "../../docs/editor-schema";
import { serviceSettingsPage, writeServiceSettings } from "../../docs/service-settings";

describe("the settings of the service", () => {
  it("are in their reference, and in the schema for editors, as the code has them", async () => {
    assert.equal(
      readFileSync(serviceSettingsPage, "utf8"),
      await writeServiceSettings(),
      "docs/service-settings.md is old: run `npm run docs`",
    );
    assert.equal(
      readFileSync(editorSchemas.service, "utf8"),
      schemaText(serviceFileSchema()),
      "docs/schemas/service.json is old: run `npm run docs`",
    );
  });
});
