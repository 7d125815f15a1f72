import { strict as assert } from "node:assert";

import { allowedHostsIn } from "../../../provider/src/settings/allowed-hosts";

describe("TENANTS_ALLOWED_HOSTS", () => {
  it("is a list of hosts: trimmed, in lower case, sorted, each once", () => {
    const value = " proxy.example.com:8443,*.UI.example.com,,proxy.example.com:8443 ";
    assert.deepEqual(allowedHostsIn({ TENANTS_ALLOWED_HOSTS: value }), [
      "*.ui.example.com",
      "proxy.example.com:8443",
    ]);
  });

  it("allows none if it is not set, or empty", () => {
    assert.deepEqual(allowedHostsIn({}), []);
    assert.deepEqual(allowedHostsIn({ TENANTS_ALLOWED_HOSTS: "" }), []);
  });
});
