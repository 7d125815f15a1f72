import { strict as assert } from "node:assert";

import { connect } from "../../../provider/src/organization/connect";
import { readReach } from "../../../provider/src/settings/reach";
import { readSettings } from "../../../provider/src/settings/settings";
import { useSandbox } from "../../sandbox/api/client";

describe("the organization's client in the environment", () => {
  const sandbox = useSandbox();

  it("is read without the line end of a file or the spaces around it", async () => {
    const { apiUrl, tokenUrl, clientId, keyId, privateKeyPem } = sandbox();
    const values: Record<string, string> = { stage: "testing", apiUrl, tokenUrl, clientId: "another" };
    const read = readSettings((key) => values[key]);
    assert.ok("settings" in read, JSON.stringify(read));
    const environment = {
      TENANTS_CLIENT_ID: `${clientId}\n`,
      TENANTS_KEY_ID: ` ${keyId} `,
      TENANTS_PRIVATE_KEY: privateKeyPem,
    };
    const api = await connect(read.settings, readReach({}), environment);
    try {
      assert.deepEqual(await api.listTenants(), []);
    } finally {
      await api.close();
    }
  });
});
