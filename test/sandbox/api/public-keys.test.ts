import assert from "node:assert/strict";

import type { ApplicationRecord } from "../../../sandbox/api";
import { type Api, apiOf, applicationBody, ecPair, makeTenant, rsaPair, send, useSandbox } from "./client";

describe("sandbox: public keys of applications", () => {
  const sandbox = useSandbox({ quota: 100 });
  const rsa = rsaPair(3072);
  const ec = ecPair();
  const n = rsa.integers["n"] ?? 0n;
  const x = ec.integers["x"] ?? 0n;
  const y = ec.integers["y"] ?? 0n;
  let api: Api;

  before(async () => {
    api = await apiOf(sandbox());
  });

  async function register(authMethod: string): Promise<{ status: number; message: string }> {
    const path = `/tenants/${await makeTenant(api)}/applications`;
    const { status, json } = await api("POST", path, applicationBody(authMethod));
    return { status, message: (json as { message?: string }).message ?? "" };
  }

  function registered(): ApplicationRecord["authMethod"] | undefined {
    return sandbox().control.tenants().at(-1)?.applications.at(-1)?.authMethod;
  }

  it("keeps a modulus of 3072 bits exactly", async () => {
    await register(rsa.authMethod);
    assert.deepEqual(registered(), { type: "RSA", alg: "RS256", kid: "rsa-key", e: 65537n, n });
  });

  it("keeps the coordinates of a point exactly", async () => {
    await register(ec.authMethod);
    assert.deepEqual(registered(), { type: "EC", alg: "ES256", kid: "ec-key", x, y });
  });

  it("serves exact integers at the control endpoint", async () => {
    await register(rsa.authMethod);
    const { text } = await send(`${sandbox().controlUrl}/tenants`, {});
    assert.ok(text.includes(`"n":${n.toString()}}`));
  });

  it("logs exact integers", async () => {
    await register(rsa.authMethod);
    const { body } = sandbox().control.requestLog().at(-1) ?? {};
    assert.equal((body as { auth_method: { n: bigint } }).auth_method.n, n);
  });

  const refused: Record<string, { authMethod: string; reason: RegExp }> = {
    "a modulus of 2048 bits": { authMethod: rsaPair(2048).authMethod, reason: /2048 bits/ },
    "an even modulus": {
      authMethod: rsa.authMethod.replace(n.toString(), (n - 1n).toString()),
      reason: /modulus/,
    },
    "a negative modulus": {
      authMethod: rsa.authMethod.replace(n.toString(), (-n).toString()),
      reason: /modulus/,
    },
    "an exponent other than 65537": { authMethod: rsa.authMethod.replace("65537", "3"), reason: /e must/ },
    "a modulus written as a text": {
      authMethod: rsa.authMethod.replace(n.toString(), `"${n.toString()}"`),
      reason: /n must be integer/,
    },
    "a modulus written with an exponent": {
      authMethod: rsa.authMethod.replace(n.toString(), "2e300"),
      reason: /n must be written as a JSON integer/,
    },
    "a modulus written with a fraction": {
      authMethod: rsa.authMethod.replace(n.toString(), `${n.toString()}.0`),
      reason: /n must be/,
    },
    "a modulus that lost its digits to a float": {
      authMethod: rsa.authMethod.replace(n.toString(), BigInt(Number(n / (1n << 2100n))).toString()),
      reason: /modulus|bits/,
    },
    "another algorithm": { authMethod: rsa.authMethod.replace("RS256", "RS512"), reason: /alg/ },
    "no kid": { authMethod: rsa.authMethod.replace('"kid": "rsa-key", ', ""), reason: /kid/ },
    "an RSA key that says CLIENT_SECRET in part": {
      authMethod: '{"type": "RSA"}',
      reason: /required property/,
    },
    "an unknown type": { authMethod: '{"type": "PASSWORD"}', reason: /type/ },
    "a private key": { authMethod: rsa.authMethod.replace("}", ', "d": 5}'), reason: /private key/ },
    "a point that is not on the curve": {
      authMethod: ec.authMethod.replace(y.toString(), (y + 1n).toString()),
      reason: /no point on P-256/,
    },
    "a coordinate that is longer than the curve's": {
      authMethod: ec.authMethod.replace(x.toString(), (x + (1n << 256n)).toString()),
      reason: /x is not a coordinate/,
    },
    "coordinates in exponent notation": {
      authMethod: ec.authMethod.replace(x.toString(), "1e76"),
      reason: /x must be written as a JSON integer/,
    },
    "an EC key with the algorithm of an RSA key": {
      authMethod: ec.authMethod.replace("ES256", "RS256"),
      reason: /alg/,
    },
  };
  for (const [what, { authMethod, reason }] of Object.entries(refused)) {
    it(`refuses ${what}`, async () => {
      const { status, message } = await register(authMethod);
      assert.ok(status === 400 && reason.test(message), `answered ${status} ${message}`);
    });
  }
});
