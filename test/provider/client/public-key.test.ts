import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";

import { calculateJwkThumbprint, type JWK } from "jose";

import { isSamePublicKey, parsePublicKey } from "../../../provider/src/client/public-key";
import { ecPair, publicPemOf, rsaPair } from "../../sandbox/api/client";
import { refusalOf } from "../../support/failure";
import { mentions } from "../../support/mentions";

const rsa = rsaPair(2056);
const ec = ecPair();
const pems = { RSA: publicPemOf(rsa.privateKeyPem), EC: publicPemOf(ec.privateKeyPem) };
const jwkOf = (pem: string): JWK => createPublicKey(pem).export({ format: "jwk" });

const withoutLabels = (pem: string): string => pem.replaceAll(/-----.*-----\n?/g, "");

function spkiOf(key: { publicKey: ReturnType<typeof createPublicKey> }): string {
  return key.publicKey.export({ type: "spki", format: "pem" }).toString();
}

describe("client: an accepted public key", () => {
  const forms = {
    PEM: (pem: string) => pem,
    "a JWK": jwkOf,
    "a JWK as JSON text": (pem: string) => ` ${JSON.stringify(jwkOf(pem))}\n`,
    "a JWK as JSON text after a byte order mark": (pem: string) => `\uFEFF${JSON.stringify(jwkOf(pem))}\r\n`,
    "a JWK with what its maker added": (pem: string) => ({
      ...jwkOf(pem),
      use: "sig",
      key_ops: ["verify"],
      x5c: ["MIIB"],
      x5t: "dGh1bWI",
      exp: 1_900_000_000,
    }),
  };
  for (const [form, make] of Object.entries(forms)) {
    it(`gives an RSA key's modulus exactly, from ${form}`, async () => {
      const { numbers } = await parsePublicKey(make(pems.RSA));
      assert.deepEqual(numbers, { type: "RSA", alg: "RS256", e: 65537, n: rsa.integers["n"] });
    });

    it(`gives an EC key's point exactly, from ${form}`, async () => {
      const { numbers } = await parsePublicKey(make(pems.EC));
      assert.deepEqual(numbers, { type: "EC", alg: "ES256", x: ec.integers["x"], y: ec.integers["y"] });
    });

    for (const [type, pem] of Object.entries(pems)) {
      it(`has jose's RFC 7638 thumbprint, ${type} from ${form}`, async () => {
        const { thumbprint } = await parsePublicKey(make(pem));
        assert.equal(thumbprint, await calculateJwkThumbprint(jwkOf(pem)));
      });
    }
  }

  it("may be a JWK with members that say how it is used; its kid is the default key id", async () => {
    const members = { use: "sig", kid: "mine", alg: "RS256", key_ops: ["verify"] };
    const { thumbprint, defaultKeyId } = await parsePublicKey({ ...jwkOf(pems.RSA), ...members });
    assert.equal(thumbprint, await calculateJwkThumbprint(jwkOf(pems.RSA)));
    assert.equal(defaultKeyId, "mine");
  });

  it("has its thumbprint as the default key id if it has no kid", async () => {
    for (const pem of Object.values(pems)) {
      const { thumbprint, defaultKeyId } = await parsePublicKey(pem);
      assert.equal(defaultKeyId, thumbprint);
    }
  });

  const kept = {
    indented: (pem: string) => pem.replaceAll(/^/gm, "    "),
    "with CRLF": (pem: string) => pem.replaceAll("\n", "\r\n"),
    "with its line ends written out": (pem: string) => pem.replaceAll("\n", "\\n"),
    "on one line": (pem: string) => pem.replaceAll("\n", " "),
    quoted: (pem: string) => JSON.stringify(pem),
    "in base64": (pem: string) => Buffer.from(pem).toString("base64"),
    "without its first and last line": withoutLabels,
    "without its first and last line, on one line": (pem: string) => withoutLabels(pem).replaceAll("\n", ""),
    "in PKCS#1 without its first and last line": (pem: string) =>
      withoutLabels(createPublicKey(pem).export({ type: "pkcs1", format: "pem" }).toString()),
    "after a certificate": (pem: string) =>
      `-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n${pem}`,
  };
  for (const [form, keep] of Object.entries(kept)) {
    it(`may be PEM that is kept ${form}`, async () => {
      const { numbers } = await parsePublicKey(keep(pems.RSA));
      assert.equal(numbers.type === "RSA" ? numbers.n : undefined, rsa.integers["n"]);
    });
  }

  it("may be an EC key as AWS KMS returns it, in base64 alone", async () => {
    const { numbers } = await parsePublicKey(withoutLabels(pems.EC));
    assert.deepEqual(numbers, { type: "EC", alg: "ES256", x: ec.integers["x"], y: ec.integers["y"] });
  });

  it("is the same key in every form, with any permitted use", () => {
    const forEncryption = { ...jwkOf(pems.RSA), use: "enc", kid: "mine" };
    assert.equal(isSamePublicKey(pems.RSA, forEncryption), true);
    assert.equal(isSamePublicKey(JSON.stringify(forEncryption), pems.RSA.replaceAll("\n", "\\n")), true);
    assert.equal(isSamePublicKey(pems.RSA, pems.EC), false);
    // An earlier release took it, and a state may hold it: to replace it must not fail.
    const withPrivateMembers = { ...forEncryption, p: "AQAB", q: "AQAB" };
    assert.equal(isSamePublicKey(pems.RSA, withPrivateMembers), false);
    assert.equal(isSamePublicKey(withPrivateMembers, withPrivateMembers), false);
  });

  it("may have a coordinate that begins with a zero byte", async () => {
    const jwk = keyWithZeroByte();
    const { numbers } = await parsePublicKey(jwk);
    const x = BigInt(`0x${Buffer.from(jwk.x ?? "", "base64url").toString("hex")}`);
    assert.equal(numbers.type === "EC" ? numbers.x : undefined, x);
  });
});

describe("client: a refused public key", () => {
  const refused: Record<string, { given: () => unknown; reason: string[] }> = {
    "an RSA key of 2048 bits": {
      given: () => publicPemOf(rsaPair(2048).privateKeyPem),
      reason: ["2048 bits", "3072"],
    },
    "an RSA key of 1024 bits": {
      given: () => publicPemOf(rsaPair(1024).privateKeyPem),
      reason: ["1024 bits"],
    },
    "an RSA key with another exponent": {
      given: () => spkiOf(generateKeyPairSync("rsa", { modulusLength: 2056, publicExponent: 3 })),
      reason: ["65537"],
    },
    "an EC key on P-384": {
      given: () => spkiOf(generateKeyPairSync("ec", { namedCurve: "P-384" })),
      reason: ["RSA", "EC", "P-256"],
    },
    "an EC key on secp256k1": {
      given: () => spkiOf(generateKeyPairSync("ec", { namedCurve: "secp256k1" })),
      reason: ["RSA", "EC", "P-256"],
    },
    "an EC key on a curve that has no JWK": {
      given: () => spkiOf(generateKeyPairSync("ec", { namedCurve: "brainpoolP256r1" })),
      reason: ["RSA", "EC", "P-256"],
    },
    "an Ed25519 key": {
      given: () => spkiOf(generateKeyPairSync("ed25519")),
      reason: ["RSA", "EC", "P-256"],
    },
    "an RSA-PSS key, which cannot sign RS256": {
      given: () => spkiOf(generateKeyPairSync("rsa-pss", { modulusLength: 2056 })),
      reason: ["RSA", "EC", "P-256"],
    },
    "a DSA key": {
      given: () => spkiOf(generateKeyPairSync("dsa", { modulusLength: 2048, divisorLength: 256 })),
      reason: ["RSA", "EC", "P-256"],
    },
    "a point that is not on the curve": {
      given: () => ({ ...jwkOf(pems.EC), y: Buffer.alloc(32, 7).toString("base64url") }),
      reason: ["BEGIN PUBLIC KEY", "JWK"],
    },
    "a symmetric key": {
      given: () => ({ kty: "oct", k: "c2VjcmV0" }),
      reason: ["BEGIN PUBLIC KEY", "JWK"],
    },
    "a JWK without its modulus": {
      given: () => ({ ...jwkOf(pems.RSA), n: undefined }),
      reason: ["BEGIN PUBLIC KEY", "JWK"],
    },
    "PEM that is cut off": { given: () => pems.RSA.slice(0, 200), reason: ["BEGIN PUBLIC KEY", "JWK"] },
    "a text that is no key": { given: () => "key", reason: ["BEGIN PUBLIC KEY", "JWK"] },
    "a JWK for encryption": {
      given: () => ({ ...jwkOf(pems.RSA), use: "enc" }),
      reason: ["`use`", "sig"],
    },
    "a JWK for RSA-OAEP": {
      given: () => ({ ...jwkOf(pems.RSA), use: "enc", alg: "RSA-OAEP" }),
      reason: ["`use`", "sig", "`alg`", "RS256", "ES256"],
    },
    "a JWK for PS256": {
      given: () => ({ ...jwkOf(pems.RSA), alg: "PS256", kid: "ps" }),
      reason: ["`alg`", "RS256", "ES256"],
    },
    "an RSA key for ES256": {
      given: () => ({ ...jwkOf(pems.RSA), alg: "ES256" }),
      reason: ["`alg` ES256", "RSA", "RS256"],
    },
    "a JWK that derives keys": {
      given: () => ({ ...jwkOf(pems.EC), key_ops: ["deriveBits"] }),
      reason: ["`key_ops`", "verify"],
    },
    "a JWK whose key_ops are one text": {
      given: () => ({ ...jwkOf(pems.EC), key_ops: "verify" }),
      reason: ["`key_ops`"],
    },
    "a JWK whose key_ops are no texts": {
      given: () => ({ ...jwkOf(pems.EC), key_ops: [5] }),
      reason: ["`key_ops`"],
    },
    "a JWK without a key_op": {
      given: () => ({ ...jwkOf(pems.EC), key_ops: [] }),
      reason: ["`key_ops`", "verify"],
    },
    "an EC key for RS256": {
      given: () => ({ ...jwkOf(pems.EC), alg: "RS256" }),
      reason: ["`alg` RS256", "EC", "ES256"],
    },
    "a JWK whose alg and use are no texts": {
      given: () => ({ ...jwkOf(pems.EC), alg: null, use: 5 }),
      reason: ["`use`", "sig", "`alg`", "RS256", "ES256"],
    },
    "a JWK whose kid is empty": {
      given: () => ({ ...jwkOf(pems.EC), kid: "" }),
      reason: ["`kid`", "empty"],
    },
    "a JWK whose kid is very long": {
      given: () => ({ ...jwkOf(pems.EC), kid: "k".repeat(257) }),
      reason: ["`kid`", "256"],
    },
    "a JWK whose kid has a line end": {
      given: () => ({ ...jwkOf(pems.EC), kid: "mine\n" }),
      reason: ["`kid`"],
    },
    "a JWK whose kid is a space": {
      given: () => ({ ...jwkOf(pems.EC), kid: " " }),
      reason: ["`kid`", "empty"],
    },
    "a private key in base64 alone": {
      given: () => withoutLabels(rsa.privateKeyPem),
      reason: ["private", "openssl pkey -pubout"],
    },
    "PEM with two public keys": {
      given: () => pems.RSA + pems.EC,
      reason: ["2"],
    },
    "an OKP key": {
      given: () => generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" }),
      reason: ["RSA", "EC", "P-256"],
    },
    "an OKP key for key agreement": {
      given: () => generateKeyPairSync("x25519").publicKey.export({ format: "jwk" }),
      reason: ["RSA", "EC", "P-256"],
    },
    "an RSA JWK with another exponent": {
      given: () => ({ ...jwkOf(pems.RSA), e: "Aw" }),
      reason: ["65537"],
    },
    "a JWK on P-521": {
      given: () => generateKeyPairSync("ec", { namedCurve: "P-521" }).publicKey.export({ format: "jwk" }),
      reason: ["RSA", "EC", "P-256"],
    },
    "a set of one key": {
      given: () => ({ keys: [jwkOf(pems.EC)] }),
      reason: ["JWKS", "`keys`"],
    },
    "a set of two keys as JSON text": {
      given: () => JSON.stringify({ keys: [jwkOf(pems.EC), jwkOf(pems.RSA)] }),
      reason: ["JWKS", "`keys`"],
    },
    "a JWK whose kid is a number": {
      given: () => ({ ...jwkOf(pems.EC), kid: 5 }),
      reason: ["`kid`"],
    },
    "JSON that is cut off": { given: () => '{"kty":"RSA"', reason: ["BEGIN PUBLIC KEY", "JWK"] },
    nothing: { given: () => undefined, reason: ["BEGIN PUBLIC KEY", "JWK"] },
    "a list": { given: () => [jwkOf(pems.RSA)], reason: ["BEGIN PUBLIC KEY", "JWK"] },
    "a number": { given: () => 42, reason: ["BEGIN PUBLIC KEY", "JWK"] },
  };
  for (const [what, { given, reason }] of Object.entries(refused)) {
    it(`is ${what}`, async () => {
      await assert.rejects(parsePublicKey(given()), (error: unknown) => {
        assert.ok(error instanceof TypeError, `threw ${String(error)}, which is not a TypeError`);
        mentions(error.message, ...reason);
        return true;
      });
    });
  }
});

describe("client: a private key given for a public one", () => {
  const ecPrivateJwk = (): JWK => ({
    ...jwkOf(pems.EC),
    d: Buffer.alloc(32, 9).toString("base64url"),
  });
  const given: Record<string, () => { key: unknown; secret: string }> = {
    "PEM (PKCS#8)": () => ({ key: rsa.privateKeyPem, secret: rsa.privateKeyPem.split("\n")[3] ?? "" }),
    "PEM (SEC 1)": () => {
      const pem = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
        type: "sec1",
        format: "pem",
      });
      return { key: pem.toString(), secret: pem.toString().split("\n")[1] ?? "" };
    },
    "PEM after its public half": () => ({
      key: `${pems.RSA}${rsa.privateKeyPem}`,
      secret: rsa.privateKeyPem.split("\n")[3] ?? "",
    }),
    "PEM after its public half, in base64": () => ({
      key: Buffer.from(`${pems.RSA}${rsa.privateKeyPem}`).toString("base64"),
      secret: rsa.privateKeyPem.split("\n")[3] ?? "",
    }),
    "a JWK without d, which its primes tell": () => {
      const jwk = createPrivateKey(rsa.privateKeyPem).export({ format: "jwk" });
      delete jwk.d;
      return { key: jwk, secret: jwk.p ?? "" };
    },
    "a set of JWKs": () => ({ key: { keys: [ecPrivateJwk()] }, secret: ecPrivateJwk().d ?? "" }),
    "a JWK": () => ({ key: ecPrivateJwk(), secret: ecPrivateJwk().d ?? "" }),
    "a JWK as JSON text": () => ({ key: JSON.stringify(ecPrivateJwk()), secret: ecPrivateJwk().d ?? "" }),
  };
  for (const [form, make] of Object.entries(given)) {
    it(`is refused, from ${form}`, async () => {
      assert.match(await refusalOf(() => parsePublicKey(make().key)), /openssl pkey -pubout|`[dp]`|JWKS/);
    });

    it(`is not repeated in the error, from ${form}`, async () => {
      const { key, secret } = make();
      assert.ok(secret.length > 20, "there is nothing to search for");
      assert.ok(!(await refusalOf(() => parsePublicKey(key))).includes(secret));
    });
  }
});

/** Makes keys until the x of one begins with a zero byte: about one of 256 does. */
function keyWithZeroByte(): JWK {
  for (;;) {
    const jwk = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" });
    if (Buffer.from(jwk.x ?? "", "base64url")[0] === 0) return jwk;
  }
}
