import { strict as assert } from "node:assert";

import { SettingsError } from "resistant-tenants-service/settings/read";
import { openWorkerClock } from "resistant-tenants-service/work/environment";

import { makeSettings } from "../service/records/service";

const environment = { TENANTS_NOW: "2099-01-01T00:00:00Z" };

/** The settings of stages whose API is somewhere. */
function settingsAt(apiUrl: string): ReturnType<typeof makeSettings> {
  const settings = makeSettings();
  for (const stage of Object.values(settings.stages)) stage.configuration["tenants:apiUrl"] = apiUrl;
  return settings;
}

describe("the worker's clock", () => {
  it("is this machine's if TENANTS_NOW is not set", () => {
    const now = openWorkerClock(makeSettings(), {});
    const before = Date.now();
    assert.ok(now().getTime() >= before && now().getTime() <= Date.now());
  });

  it("advances from TENANTS_NOW if each stage's API is on loopback", () => {
    const now = openWorkerClock(settingsAt("http://127.0.0.1:8080/v0"), environment);
    const [first, second] = [now(), now()];
    assert.ok(first.getTime() >= Date.parse(environment.TENANTS_NOW));
    assert.ok(second >= first);
  });

  for (const [what, settings, env] of [
    ["the vendor's API", makeSettings(), environment],
    ["another host", settingsAt("https://localhost.example/v0"), environment],
    ["what is no instant", settingsAt("http://127.0.0.1:8080/v0"), { TENANTS_NOW: "tomorrow" }],
  ] as const)
    it(`is not set: ${what}`, () => {
      assert.throws(() => openWorkerClock(settings, env), SettingsError);
    });
});
