import { strict as assert } from "node:assert";

import { TenantManagementError } from "../../../provider/src/client/errors";
import { openClock } from "../../../provider/src/settings/clock";

const vendor = "https://api.tenants.resistant.ai/v0";

describe("the clock by which credentials age", () => {
  const environment = { TENANTS_NOW: "2099-01-01T00:00:00Z" };

  it("is this machine's if TENANTS_NOW is not set, or empty", () => {
    for (const environment of [{}, { TENANTS_NOW: "" }])
      assert.ok(Math.abs(openClock(vendor, environment)().getTime() - Date.now()) < 60_000);
  });

  for (const apiUrl of ["http://127.0.0.1:8080/v0", "http://localhost/v0", "http://[::1]:1/v0"]) {
    it(`stands still at ${apiUrl}`, () => {
      assert.equal(openClock(apiUrl, environment)().toISOString(), "2099-01-01T00:00:00.000Z");
    });
  }

  for (const apiUrl of [vendor, "https://127.0.0.1.evil.example/v0", "https://localhost.example/v0"]) {
    it(`is not set at ${apiUrl}: TENANTS_NOW is refused`, () => {
      assert.throws(
        () => openClock(apiUrl, environment),
        (error) => error instanceof TenantManagementError && error.code === "INPUT_INVALID",
      );
    });
  }
});
