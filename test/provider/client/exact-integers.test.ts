import assert from "node:assert/strict";

import { parsePublicKey } from "../../../provider/src/client/public-key";
import type { ApplicationRecord } from "../../../sandbox/api";
import { ecPair, publicPemOf, type RegisteredPair, rsaPair } from "../../sandbox/api/client";
import { useSandboxApi } from "../../support/sandbox-api";
import { json, withAnswers } from "../../support/scripted-api";

/** The largest modulus that has as many bits as a 2056-bit key: not one of its digits may be lost. */
const largest = 2n ** 2056n - 1n;

describe("client: the integers of a public key", () => {
  const { sandbox, api } = useSandboxApi();

  async function registered(
    name: string,
    pair: RegisteredPair,
  ): Promise<ApplicationRecord["authMethod"] | undefined> {
    const { tenantId } = await api().createTenant({ name });
    const { numbers } = await parsePublicKey(publicPemOf(pair.privateKeyPem));
    await api().createApplication(tenantId, {
      cell: "eu-1",
      scopes: ["documents.submissions.read"],
      authentication: { ...numbers, keyId: "the-key" },
    });
    return sandbox()
      .control.tenants()
      .find((tenant) => tenant.tenantId === tenantId)?.applications[0]?.authMethod;
  }

  for (const bits of [2056, 4096]) {
    it(`arrive identical: the modulus of an RSA key of ${bits} bits`, async () => {
      const pair = rsaPair(bits);
      assert.deepEqual(await registered(`rsa${bits}`, pair), {
        type: "RSA",
        alg: "RS256",
        kid: "the-key",
        e: 65537n,
        n: pair.integers["n"],
      });
    });
  }

  it("arrive identical: the point of an EC key", async () => {
    const pair = ecPair();
    assert.deepEqual(await registered("ec", pair), {
      type: "EC",
      alg: "ES256",
      kid: "the-key",
      x: pair.integers["x"],
      y: pair.integers["y"],
    });
  });

  it("leave as JSON integers, without quotes, fraction or exponent", async () => {
    const answer = json({
      id: "a-1",
      client_id: "c-1",
      auth_server: "https://id.example.test",
      cell: "eu-1",
      scopes: ["documents.submissions.read"],
      credentials: { type: "RSA", alg: "RS256", kid: "k" },
    });
    const body = await withAnswers([answer], async ({ api: scripted, sent }) => {
      await scripted.createApplication("t-1", {
        cell: "eu-1",
        scopes: ["documents.submissions.read"],
        authentication: { type: "RSA", alg: "RS256", e: 65537, n: largest, keyId: "k" },
      });
      return sent[0]?.body;
    });
    assert.equal(
      body,
      `{"cell":"eu-1","scopes":["documents.submissions.read"],` +
        `"auth_method":{"type":"RSA","alg":"RS256","e":65537,"n":${largest},"kid":"k"}}`,
    );
  });
});
