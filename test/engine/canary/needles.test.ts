import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleepMs } from "node:timers/promises";

import { needlesOf, search, searchTexts } from "./needles";
import { searchFolder, type Watch, watch } from "./watch";

const pem = generateKeyPairSync("ec", { namedCurve: "P-256" })
  .privateKey.export({ type: "pkcs8", format: "pem" })
  .toString();
const secret = { name: "secret", value: 'a/b+c"d\\e~0123456789' };
const key = { name: "key", value: pem };

describe("the search for credentials", () => {
  const forms: Record<string, (value: string) => string> = {
    plain: (value) => `client_secret=${value};`,
    "JSON, indented": (value) => JSON.stringify({ client_secret: value }, null, 2),
    "JSON in JSON": (value) => JSON.stringify({ message: JSON.stringify({ secretString: value }) }),
    "a stored secret in an event": (value) =>
      JSON.stringify({ message: JSON.stringify({ secretString: JSON.stringify({ private_key: value }) }) }),
    "a form": (value) => `client_assertion=${encodeURIComponent(value)}&x=1`,
    Base64: (value) => Buffer.from(value).toString("base64"),
    "Base64 of basic authentication": (value) => Buffer.from(`0oa1:${value}`).toString("base64"),
    "Base64 of JSON": (value) => Buffer.from(JSON.stringify({ value })).toString("base64url"),
    hexadecimal: (value) => `bytes: ${Buffer.from(value).toString("hex")}`,
  };

  for (const [form, write] of Object.entries(forms)) {
    it(`finds a credential that was planted as ${form}`, () => {
      for (const credential of [secret, key]) {
        const needles = needlesOf([credential]);
        // Three levels of quotes are more than a text with quotes is searched in: the key's lines are the same in all.
        if (form.includes("event") && credential === secret) continue;
        assert.ok(
          searchTexts(write(credential.value), "here", needles).some(
            ({ credential: name }) => name === credential.name,
          ),
          `${credential.name} was not found`,
        );
      }
    });
  }

  it("finds nothing if there is nothing, and never shows what it found", () => {
    const needles = needlesOf([secret, key]);
    assert.deepEqual(search("client_id=0oa1 sha256:0123456789", "here", needles), []);
    const leaks = search(`${secret.value} ${pem}`, "here", needles);
    assert.ok(leaks.length > 0);
    assert.deepEqual(search(JSON.stringify(leaks), "here", needles), []);
  });

  it("finds any private key and any signed token, and refuses a canary that occurs by chance", () => {
    const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    for (const type of ["pkcs1", "pkcs8"] as const) {
      const text = JSON.stringify({ pem: other.export({ type, format: "pem" }) });
      assert.equal(search(text, "here", []).length, 1);
    }
    const part = (claims: object): string => Buffer.from(JSON.stringify(claims)).toString("base64url");
    const token = [part({ alg: "RS256" }), part({ iss: "0oa1" }), "c2lnbmF0dXJlLW9mLXRva2Vu"].join(".");
    assert.equal(search(`Authorization: Bearer ${token}`, "here", []).length, 1);
    assert.throws(() => needlesOf([{ name: "short", value: "sandbox" }]), /too short/);
  });
});

describe("the watch over files and arguments", () => {
  let folder: string;
  let watched: Watch;
  const found = (): string[] => watched.end().map(({ where }) => where);

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "canary-"));
    watched = watch(folder, () => needlesOf([secret]));
  });
  afterEach(async () => {
    watched.end();
    await rm(folder, { recursive: true, force: true });
  });

  it("finds a temporary file that is deleted again", async () => {
    const file = path.join(folder, "plan.json");
    await writeFile(file, secret.value);
    while (!watched.hasSeen(secret.value)) await sleepMs(5);
    await rm(file);
    assert.deepEqual(searchFolder(folder, needlesOf([secret])), []);
    assert.deepEqual(new Set(found()), new Set(["temporary file plan.json"]));
  });

  it("finds an argument of a process that ends", async function () {
    if (process.platform !== "linux") this.skip();
    const child = spawn(process.execPath, ["-e", "process.stdin.resume()", secret.value]);
    while (!watched.hasSeen(secret.value)) await sleepMs(5);
    child.kill();
    assert.deepEqual(new Set(found()), new Set([`arguments of ${path.basename(process.execPath)}`]));
  });
});
