import { strict as assert } from "node:assert";
import { createPublicKey } from "node:crypto";

import { parsePublicKey } from "../../../provider/src/client/public-key";
import { changedKey } from "../../../provider/src/dynamic/application/application-key";
import { stateSchema } from "../../../provider/src/dynamic/application/tenant-application-model";
import { toSpecification } from "../../../stacks/src/rotation/specification";
import { ecPair, publicPemOf } from "../../sandbox/api/client";

const jwk = createPublicKey(publicPemOf(ecPair().privateKeyPem)).export({ format: "jwk" });
const named = { ...jwk, kid: "acme-2026", alg: "ES256", use: "sig" };
const application = { scopes: [], authMethod: "EC" as const, publicKey: named };

describe("the id of a customer's own key", () => {
  const keyIdOf = async (given: object, heldKeyId?: string): Promise<string | undefined> =>
    (await toSpecification({ ...application, ...given }, heldKeyId)).customerKey?.keyId;

  it("is the one that is configured, else the JWK's kid, else the thumbprint", async () => {
    const { thumbprint } = await parsePublicKey(jwk);
    assert.equal(await keyIdOf({ keyId: "mine" }, thumbprint), "mine");
    assert.equal(await keyIdOf({}), "acme-2026");
    assert.equal(await keyIdOf({ publicKey: jwk }), thumbprint);
  });

  it("stays the thumbprint of an application that an earlier release created with it", async () => {
    const { thumbprint } = await parsePublicKey(jwk);
    assert.equal(await keyIdOf({}, thumbprint), thumbprint);
    assert.equal(await keyIdOf({}, "of-another-key"), "acme-2026");
    const state = stateSchema.parse({
      applicationId: "a",
      clientId: "c",
      tenantId: "t",
      cell: "eu-1",
      scopes: [],
      authMethod: "EC",
      publicKey: jwk,
      keyId: thumbprint,
    });
    assert.deepEqual(await changedKey(state, { publicKey: named }), { publicKey: false, keyId: false });
    const renamed = { publicKey: named, keyId: "mine" };
    assert.deepEqual(await changedKey(state, renamed), { publicKey: false, keyId: true });
    const other = await changedKey({ ...state, keyId: "acme-2025" }, { publicKey: named });
    assert.deepEqual(other, { publicKey: false, keyId: true });
  });
});
