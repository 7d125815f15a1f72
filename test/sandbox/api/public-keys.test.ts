import assert from "node:assert/strict";

import type { ApplicationRecord } from "../../../sandbox/api";
import { mentions } from "../../support/mentions";
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

  const refused: Record<string, { authMethod: string; names: string[] }> = {
    "a modulus of 2048 bits": { authMethod: rsaPair(2048).authMethod, names: ["auth_method", "2048 bits"] },
    "an even modulus": {
      authMethod: rsa.authMethod.replace(n.toString(), (n - 1n).toString()),
      names: ["auth_method", "modulus"],
    },
    "a negative modulus": {
      authMethod: rsa.authMethod.replace(n.toString(), (-n).toString()),
      names: ["auth_method", "modulus"],
    },
    "an exponent other than 65537": {
      authMethod: rsa.authMethod.replace("65537", "3"),
      names: ["body/auth_method/e"],
    },
    "a modulus written as a text": {
      authMethod: rsa.authMethod.replace(n.toString(), `"${n.toString()}"`),
      names: ["body/auth_method/n"],
    },
    "a modulus written with an exponent": {
      authMethod: rsa.authMethod.replace(n.toString(), "2e300"),
      names: ["auth_method.n"],
    },
    "a modulus written with a fraction": {
      authMethod: rsa.authMethod.replace(n.toString(), `${n.toString()}.0`),
      names: ["auth_method.n"],
    },
    "a modulus that lost its digits to a float": {
      authMethod: rsa.authMethod.replace(n.toString(), BigInt(Number(n / (1n << 2100n))).toString()),
      names: ["auth_method", "n"],
    },
    "another algorithm": {
      authMethod: rsa.authMethod.replace("RS256", "RS512"),
      names: ["body/auth_method/alg"],
    },
    "no kid": { authMethod: rsa.authMethod.replace('"kid": "rsa-key", ', ""), names: ["'kid'"] },
    "an RSA key that says CLIENT_SECRET in part": {
      authMethod: '{"type": "RSA"}',
      names: ["'alg'", "'kid'", "'e'", "'n'"],
    },
    "an unknown type": { authMethod: '{"type": "PASSWORD"}', names: ['"type"'] },
    "a private key": {
      authMethod: rsa.authMethod.replace("}", ', "d": 5}'),
      names: ["auth_method", "private"],
    },
    "a point that is not on the curve": {
      authMethod: ec.authMethod.replace(y.toString(), (y + 1n).toString()),
      names: ["x", "y", "P-256"],
    },
    "a coordinate that is longer than the curve's": {
      authMethod: ec.authMethod.replace(x.toString(), (x + (1n << 256n)).toString()),
      names: ["x", "P-256"],
    },
    "coordinates in exponent notation": {
      authMethod: ec.authMethod.replace(x.toString(), "1e76"),
      names: ["auth_method.x"],
    },
    "an EC key with the algorithm of an RSA key": {
      authMethod: ec.authMethod.replace("ES256", "RS256"),
      names: ["body/auth_method/alg"],
    },
  };
  for (const [what, { authMethod, names }] of Object.entries(refused)) {
    it(`refuses ${what}`, async () => {
      const { status, message } = await register(authMethod);
      assert.equal(status, 400, message);
      mentions(message, ...names);
    });
  }
});
