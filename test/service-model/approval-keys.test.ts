import { strict as assert } from "node:assert";
import { generateKeyPairSync, type KeyObject } from "node:crypto";

import { jwtVerify, SignJWT } from "jose";
import { openIssuerFetch } from "resistant-tenants-service/identity/issuer-fetch";
import type { ServiceSettings } from "resistant-tenants-service/settings/settings";
import { type ApprovalKeys, openApprovalKeys } from "resistant-tenants-service/signing/keys";

import { mentioning } from "../support/mentions";

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const sec1 = privateKey.export({ type: "sec1", format: "pem" }).toString();
const jwk = JSON.stringify(privateKey.export({ format: "jwk" }));

const otherJwk = JSON.stringify(
  generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" }),
);

/** Opens the key as the web process does, which may have the public half, too. */
function open(key: string, publicKey?: object): ApprovalKeys {
  const settings = { identity: { issuer: "https://id.example" }, approvals: { publicKey } };
  const environment = { SERVICE_APPROVAL_KEY: key };
  return openApprovalKeys(settings as unknown as ServiceSettings, environment, openIssuerFetch({}));
}

/** Opens the key as the worker does, which has the public half alone. */
function openPublic(publicKey: object): ApprovalKeys {
  const settings = { identity: { issuer: "https://id.example" }, approvals: { publicKey } };
  return openApprovalKeys(settings as unknown as ServiceSettings, {}, openIssuerFetch({}));
}

async function assertSigns({ signingKey, publicKey, algorithm }: ApprovalKeys): Promise<void> {
  assert.ok(signingKey !== undefined);
  const signed = await new SignJWT({}).setProtectedHeader({ alg: algorithm }).sign(signingKey);
  await jwtVerify(signed, publicKey);
}

describe("service: the key of approvals", () => {
  const forms: Record<string, string> = {
    "a JWK": jwk,
    PEM: pem,
    "PEM of SEC 1, as openssl ecparam writes it": sec1,
    "PEM on one line, \\n written out": pem.replaceAll("\n", "\\n"),
    "PEM in base64": Buffer.from(pem).toString("base64"),
    "PEM in a member of JSON": JSON.stringify({ key: pem }),
  };
  for (const [form, text] of Object.entries(forms))
    it(`may be ${form}`, async () => {
      await assertSigns(open(text));
    });

  const others: Record<string, KeyObject> = {
    RSA: generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
    Ed25519: generateKeyPairSync("ed25519").privateKey,
  };
  for (const [type, key] of Object.entries(others))
    it(`may be of the type ${type}`, async () => {
      await assertSigns(open(key.export({ type: "pkcs8", format: "pem" }).toString()));
    });

  for (const [what, members, isRefused] of [
    ["for signatures", { use: "sig", alg: "ES256", key_ops: ["sign"] }, false],
    ["for encryption", { use: "enc" }, true],
    ["of an algorithm of key agreement", { alg: "ECDH-ES" }, true],
    ["for key agreement", { key_ops: ["deriveBits"] }, true],
  ] as const)
    it(`is ${isRefused ? "refused" : "accepted"} if its JWK is ${what}, by both processes`, () => {
      const { d, ...publicJwk } = JSON.parse(jwk) as Record<string, string>;
      const [member] = Object.keys(members);
      for (const opening of [
        () => open(JSON.stringify({ ...publicJwk, d, ...members })),
        () =>
          openPublic({
            ...publicJwk,
            ...members,
            ...("key_ops" in members && !isRefused ? { key_ops: ["verify"] } : {}),
          }),
      ])
        if (isRefused) assert.throws(opening, mentioning("signatures", `${member}`));
        else assert.equal(opening().algorithm, "ES256");
    });

  it("is refused if its JWK is for another algorithm than that of the signatures", () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ format: "jwk" });
    openPublic({ ...rsa, alg: "PS256" });
    assert.throws(
      () => openPublic({ ...rsa, alg: "RS256" }),
      mentioning("approvals.publicKey", "alg", "PS256"),
    );
    const privateJwk = JSON.parse(jwk) as object;
    const other = JSON.stringify({ ...privateJwk, alg: "ES384" });
    assert.throws(() => open(other), mentioning("SERVICE_APPROVAL_KEY", "alg", "ES256"));
    const ed = generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" });
    for (const alg of ["EdDSA", "Ed25519"]) openPublic({ ...ed, alg });
  });

  it("is refused if it is an RSA key that is too small to sign", () => {
    const { publicKey: small } = generateKeyPairSync("rsa", { modulusLength: 1024 });
    assert.throws(() => openPublic(small.export({ format: "jwk" })), mentioning("2048"));
  });

  it("has a public half that may be encoded otherwise, or have the private half's `key_ops`", async () => {
    const { d, ...publicJwk } = JSON.parse(jwk) as Record<"d" | "x" | "y", string>;
    const padded = {
      ...publicJwk,
      x: `${publicJwk.x}=`,
      y: Buffer.from(publicJwk.y, "base64url").toString("base64"),
    };
    for (const given of [padded, { ...publicJwk, key_ops: ["sign"] }]) {
      const { publicKey, algorithm } = openPublic(given);
      await assertSigns({
        ...open(JSON.stringify({ ...publicJwk, d }), given),
        publicKey,
        algorithm,
      });
    }
    assert.throws(
      () => open(jwk, { ...publicJwk, ...(JSON.parse(otherJwk) as object) }),
      mentioning("do not match"),
    );
  });

  it("has a public half that can be read, or the error says which one cannot", () => {
    const { kty, crv, x } = JSON.parse(jwk) as Record<string, string>;
    for (const damaged of [{ kty, crv, x }, { kty, crv, x, y: x }, {}])
      assert.throws(() => openPublic(damaged), mentioning("approvals.publicKey", "JWK"));
  });

  it("is refused with what it is instead, and without any of it", () => {
    const { kty, crv, x, y } = JSON.parse(jwk) as Record<string, string>;
    const cases: Record<string, string> = {
      [JSON.stringify({ kty, crv, x, y })]: "JWK",
      [pem.slice(0, 100)]: "truncated",
      "/run/secrets/approval.pem": "path",
    };
    for (const [text, says] of Object.entries(cases))
      assert.throws(
        () => open(text),
        (error: Error) => {
          assert.ok(mentioning("SERVICE_APPROVAL_KEY", says)(error));
          assert.ok(!error.message.includes(text.slice(20, 60)), error.message);
          return true;
        },
      );
  });
});
