import { strict as assert } from "node:assert";

import { SettingsError } from "resistant-tenants-service/settings/read";
import { assertOwnProviders } from "resistant-tenants-service/work/environment";

import { makeSettings } from "../service/records/service";

const replaced = { PULUMI_DEBUG_PROVIDERS: "aws:4711" };

/** The settings of stages of which one has its API somewhere, and the others on loopback. */
function settingsAt(apiUrl: string): ReturnType<typeof makeSettings> {
  const settings = makeSettings();
  for (const [index, stage] of Object.values(settings.stages).entries())
    stage.configuration["tenants:apiUrl"] = index === 0 ? apiUrl : "http://127.0.0.1:8080/v0";
  return settings;
}

describe("a worker whose engines would take another process for the AWS provider", () => {
  for (const [what, settings] of [
    ["no API is declared", makeSettings()],
    ["one stage's API is on another host", settingsAt("https://localhost.example/v0")],
    ["one stage's API is no URL", settingsAt("127.0.0.1")],
  ] as const)
    it(`does not start where ${what}`, () => {
      assert.throws(() => {
        assertOwnProviders(settings, replaced);
      }, SettingsError);
    });

  it("starts where each stage's API is on loopback, or where nothing is replaced", () => {
    for (const [settings, environment] of [
      [settingsAt("http://localhost:8080/v0"), replaced],
      [makeSettings(), {}],
      [makeSettings(), { PULUMI_DEBUG_PROVIDERS: "" }],
    ] as const)
      assert.doesNotThrow(() => {
        assertOwnProviders(settings, environment);
      });
  });
});
