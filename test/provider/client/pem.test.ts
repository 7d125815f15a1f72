import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";

import { readOrganizationKey } from "../../../provider/src/client/assertion";
import { TenantManagementError } from "../../../provider/src/client/errors";
import { holdsPrivateKey, normalizePem, readPrivateKey } from "../../../provider/src/client/pem";
import { ecPair, publicPemOf, rsaPair } from "../../sandbox/api/client";
import { mentioning, mentions } from "../../support/mentions";

const pem = rsaPair(2056).privateKeyPem;
const key = createPrivateKey(pem);
const pkcs1 = key.export({ type: "pkcs1", format: "pem" }).toString();
const sec1 = createPrivateKey(ecPair().privateKeyPem).export({ type: "sec1", format: "pem" }).toString();

const certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const withoutLabels = (text: string): string => text.replaceAll(/-----.*-----\n?/g, "");

describe("client: a text of half a megabyte that is not a key", () => {
  const parts = [
    "-----BEGIN PRIVATE KEY-----\n",
    "BEGIN ",
    "-----BEGIN A-----END ",
    "-----BEGIN PRIVATE KEY-----%0A",
    "-----END PRIVATE KEY-----\n",
  ];
  for (const part of parts) {
    it(`is refused: ${part.trim()}`, () => {
      const text = part.repeat(2 ** 19 / part.length);
      assert.throws(() => readPrivateKey(text), TypeError);
      assert.equal(holdsPrivateKey(text), /BEGIN PRIVATE KEY/.test(part));
    });
  }
});

describe("client: a private key that is read", () => {
  const forms: Record<string, string> = {
    "as it is": pem,
    "after an empty line, indented by two": `\n  ${pem.trim()}`,
    "with every line indented": pem.replaceAll(/^/gm, "    "),
    "with tabs and CRLF": pem.replaceAll("\n", "\t\r\n"),
    "with CR alone": pem.replaceAll("\n", "\r"),
    "after a byte order mark": `\uFEFF${pem}`,
    "as a JSON string": JSON.stringify(pem),
    "in double quotes, its lines as they are": `"${pem}"`,
    "in single quotes": `'${pem.trim()}'`,
    "as the one member of an object, as AWS's console stores it": JSON.stringify({ privateKey: pem }),
    "as a member among others": JSON.stringify({ clientId: "0oa1", private_key: pem, port: 5 }),
    "with \\n written out": pem.replaceAll("\n", "\\n"),
    "with \\r\\n written out": pem.replaceAll("\n", "\\r\\n"),
    "in base64": Buffer.from(pem).toString("base64"),
    "in base64 with line breaks": Buffer.from(pem).toString("base64").replace(/.{76}/g, "$&\n"),
    "in base64, as a member of an object": JSON.stringify({ key: Buffer.from(pem).toString("base64") }),
    "on one line, spaces for line ends": pem.trim().replaceAll("\n", " "),
    "without any line end": pem.replaceAll("\n", ""),
    "after its certificate": `${certificate}\n${pem}`,
    "before its public half": `${pem}${publicPemOf(pem)}`,
    "with no-break and zero-width spaces, as a web page has them": `\u200B${pem.replaceAll(" ", "\u00A0").replaceAll("\n", "\u200B\n\uFEFF")}`,
    "with a header that is no cipher's": pem.replace(
      "KEY-----\n",
      "KEY-----\nComment: made by us\nX-Id: 5\n\n",
    ),
    "in base64 of base64": base64(base64(pem)),
    "in base64 of JSON": base64(JSON.stringify({ private_key: pem })),
    "in base64 of CRLF": base64(pem.replaceAll("\n", "\r\n")),
    "as a JSON string of a JSON object": JSON.stringify(JSON.stringify({ key: pem })),
    "as a member within a member": JSON.stringify({ version: 1, data: { organization: { key: pem } } }),
    "as a list of lines": JSON.stringify({ key: pem.trim().split("\n") }),
    "beside its public half in an object": JSON.stringify({ publicKey: publicPemOf(pem), privateKey: pem }),
    "with \\n written out twice": pem.replaceAll("\n", "\\\\n"),
    "in JSON beside a URL": JSON.stringify({ key: pem, url: "https://id.example/?q=%22%7D" }),
    "with %0A for line ends, as GitHub writes them": pem.replaceAll("\n", "%0A"),
    "percent-encoded as a whole": encodeURIComponent(pem),
    "encoded as a form's value": new URLSearchParams({ key: pem }).toString(),
    "in base64 with \\n written out": base64(pem).replace(/.{76}/g, "$&\\n"),
    "in base64 that is percent-encoded": encodeURIComponent(base64(`${pem}\n`)),
    "without its first and last line, with \\n written out": withoutLabels(pem).replaceAll("\n", "\\n"),
    "with \\u000a and \\u002B written out, as in JSON": pem
      .replaceAll("\n", "\\u000a")
      .replaceAll("+", "\\u002B"),
    "with \\x0a written out": pem.replaceAll("\n", "\\x0a"),
    "with &#10; for line ends, as in XML": pem.replaceAll("\n", "&#10;"),
    "with &#xA; for line ends, as in XML": pem.replaceAll("\n", "&#xD;&#xA;"),
    "in an assignment of a shell": `TENANTS_PRIVATE_KEY='${pem}'`,
    "without its first and last line": withoutLabels(pem),
    "without its first and last line, on one line and quoted": `"${withoutLabels(pem).replaceAll("\n", "")}"`,
    "without its first and last line, as a member": JSON.stringify({ key: withoutLabels(pem) }),
    "in PKCS#1 without its first and last line": withoutLabels(pkcs1),
    "in base64 of UTF-16, as PowerShell encodes text": Buffer.from(pem, "utf16le").toString("base64"),
    "in base64 of UTF-16 after its byte order mark": Buffer.from(`\uFEFF${pem}`, "utf16le").toString(
      "base64",
    ),
    "in base64 after a byte order mark": base64(`\uFEFF${pem}`),
    "in base64 after text with other letters": base64(`Bag Attributes\n    friendlyName: Schlüssel\n${pem}`),
    "after text that openssl writes before it": `Bag Attributes\n    friendlyName: key\n${pem}`,
  };
  for (const [form, text] of Object.entries(forms)) {
    it(form, () => {
      assert.ok(readPrivateKey(text).equals(key));
      assert.ok(readOrganizationKey(text, "a test").equals(key));
    });
  }

  it("in PKCS#1 and SEC 1, curve parameters included", () => {
    assert.ok(readPrivateKey(pkcs1).equals(key));
    assert.equal(readPrivateKey(sec1).asymmetricKeyType, "ec");
    const parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    assert.equal(readPrivateKey(parameters + sec1).asymmetricKeyType, "ec");
  });

  it("in SEC 1 whose base64 is alone, which is too short for a length of two bytes", () => {
    const alone = sec1.replace(/-----.*-----|\n/g, "");
    for (const text of [alone, JSON.stringify({ key: alone })])
      assert.equal(readPrivateKey(text).asymmetricKeyType, "ec");
  });
});

describe("client: what is no private key that can be read", () => {
  const encrypted = key
    .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "secret" })
    .toString();
  const cases: Record<string, { text: string; says: string[] }> = {
    "an encrypted key": { text: encrypted, says: ["encrypted", "openssl pkey"] },
    "an encrypted key of the old kind": {
      text: key
        .export({ type: "pkcs1", format: "pem", cipher: "aes-256-cbc", passphrase: "secret" })
        .toString(),
      says: ["encrypted", "openssl pkey"],
    },
    "a public key": { text: publicPemOf(pem), says: ["BEGIN PUBLIC KEY"] },
    "a certificate": {
      text: certificate,
      says: ["BEGIN CERTIFICATE"],
    },
    "OpenSSH's own format": {
      text: "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaA==\n-----END OPENSSH PRIVATE KEY-----",
      says: ["ssh-keygen -p", "-m PKCS8"],
    },
    "a key that is cut off": { text: pem.slice(0, 400), says: ["END", "truncated"] },
    "a key without its middle": {
      text: pem.slice(0, 300) + pem.slice(700),
      says: ["BEGIN PRIVATE KEY", "truncated"],
    },
    "a key whose hyphens became dashes": {
      text: pem.replaceAll("-----", "\u2013\u2013\u2013"),
      says: ["-----"],
    },
    "a key whose spaces became underscores": { text: pem.replaceAll(" ", "_"), says: ["-----"] },
    "two keys": { text: pem + pkcs1, says: ["2"] },
    "two keys in an object": {
      text: JSON.stringify({ old: pkcs1, new: pem }),
      says: ["2"],
    },
    "a certificate before an encrypted key": {
      text: `${certificate}\n${encrypted}`,
      says: ["encrypted", "openssl pkey"],
    },
    "an encrypted key without its first and last line": {
      text: withoutLabels(encrypted),
      says: ["base64", "PEM"],
    },
    "the base64 of a public key alone": {
      text: withoutLabels(publicPemOf(pem)),
      says: ["base64", "PEM"],
    },
    "OpenSSH's own format in base64": {
      text: base64("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaA==\n-----END OPENSSH PRIVATE KEY-----"),
      says: ["ssh-keygen -p", "-m PKCS8"],
    },
    "a JWK": { text: JSON.stringify(key.export({ format: "jwk" })), says: ["JWK", "PEM", "PKCS#8"] },
    "a JWK of whose members one begins almost as DER does": {
      text: JSON.stringify({
        ...key.export({ format: "jwk" }),
        q: Buffer.from([0x30, 0x81, ...new Uint8Array(126).fill(7)]).toString("base64url"),
      }),
      says: ["JWK", "PEM", "PKCS#8"],
    },
    "a path": { text: "/run/secrets/organization.pem", says: ["path", "$(cat <file>)"] },
    "a path from home": { text: "~/organization-key", says: ["path", "$(cat <file>)"] },
    "an object without a key": { text: '{"clientId":"0oa1"}', says: ["not PEM", "PKCS#8"] },
    "another text": { text: "not a key", says: ["not PEM", "PKCS#8", "BEGIN PRIVATE KEY"] },
    "an empty text": { text: " \n", says: ["empty"] },
  };
  for (const [what, { text, says }] of Object.entries(cases)) {
    it(`is ${what}: it is named, and nothing of it is repeated`, () => {
      assert.throws(
        () => readOrganizationKey(text, "tenants:privateKey"),
        (error: unknown) => {
          assert.ok(error instanceof TenantManagementError);
          mentions(error.message, ...says);
          mentions(error.message, "tenants:privateKey");
          assert.doesNotMatch(error.message, /DECODER|routines|1E08010C|asn1/i);
          for (const line of text.split("\n").filter((one) => one.length > 40)) {
            assert.ok(!error.message.includes(line));
          }
          return true;
        },
      );
    });
  }

  it("is not read again from each backslash of a long run: that would take minutes", () => {
    assert.equal(normalizePem("\\".repeat(100_000)), undefined);
  });

  it("is a key of another type for the organization: it must be RSA", () => {
    const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    assert.throws(
      () => readOrganizationKey(ec.export({ type: "pkcs8", format: "pem" }).toString(), "a test"),
      mentioning("RSA"),
    );
  });

  it("is a key too small to sign for the organization, and says where it is", () => {
    const small = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
    assert.throws(
      () => readOrganizationKey(small.export({ type: "pkcs8", format: "pem" }).toString(), "a test"),
      mentioning("in a test has 1024 bits", "2048", "vendor"),
    );
  });
});
