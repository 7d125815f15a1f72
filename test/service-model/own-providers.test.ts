import { strict as assert } from "node:assert";

import { SettingsError } from "resistant-tenants-service/settings/read";
import { assertOwnProviders } from "resistant-tenants-service/work/environment";

import { makeSettings } from "../service/records/service";

const replaced = { PULUMI_DEBUG_PROVIDERS: "aws:4711" };
const localAws = { AWS_ENDPOINT_URL: "http://127.0.0.1:5000" };
const localApi = "http://127.0.0.1:8080/v0";

/** The settings of stages of which one has its API somewhere, and the others on loopback. */
function settingsAt(
  apiUrl: string,
  configuration: Record<string, unknown> = {},
): ReturnType<typeof makeSettings> {
  const settings = makeSettings();
  for (const [index, stage] of Object.values(settings.stages).entries()) {
    stage.configuration["tenants:apiUrl"] = index === 0 ? apiUrl : localApi;
    if (index === 0) Object.assign(stage.configuration, configuration);
  }
  return settings;
}

/** `aws:endpoints` with one service. */
const endpoint = (service: string, url: string) => ({ "aws:endpoints": [{ [service]: url }] });

describe("a worker whose engines would take another process for the AWS provider", () => {
  for (const [what, settings, environment] of [
    ["no API is declared", makeSettings(), localAws],
    ["one stage's API is on another host", settingsAt("https://localhost.example/v0"), localAws],
    ["one stage's API is no URL", settingsAt("127.0.0.1"), localAws],
    ["its secrets go to AWS", settingsAt(localApi), {}],
    [
      "AWS's endpoint is on another host",
      settingsAt(localApi),
      { AWS_ENDPOINT_URL: "https://localhost.example" },
    ],
    [
      "only another service of AWS is on loopback",
      settingsAt(localApi),
      { AWS_ENDPOINT_URL_KMS: "http://127.0.0.1:5000" },
    ],
    [
      "the endpoint on loopback is ignored",
      settingsAt(localApi),
      { ...localAws, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" },
    ],
    [
      "one stage's own endpoint is on another host",
      settingsAt(localApi, endpoint("secretsmanager", "https://secretsmanager.eu-west-1.amazonaws.com")),
      localAws,
    ],
  ] as const)
    it(`does not start where ${what}`, () => {
      assert.throws(() => {
        assertOwnProviders(settings, { ...replaced, ...environment });
      }, SettingsError);
    });

  it("starts where each stage's API and Secrets Manager are on loopback, or where nothing is replaced", () => {
    const withOwn = settingsAt(localApi);
    for (const stage of Object.values(withOwn.stages))
      Object.assign(stage.configuration, endpoint("secretsmanager", "http://localhost:5000"));
    for (const [settings, environment] of [
      [settingsAt("http://localhost:8080/v0"), { ...replaced, ...localAws }],
      [settingsAt(localApi), { ...replaced, AWS_ENDPOINT_URL_SECRETS_MANAGER: "http://[::1]:5000" }],
      [withOwn, replaced],
      [makeSettings(), {}],
      [makeSettings(), { PULUMI_DEBUG_PROVIDERS: "" }],
    ] as const)
      assert.doesNotThrow(() => {
        assertOwnProviders(settings, environment);
      });
  });
});
