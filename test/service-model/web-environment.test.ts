import { strict as assert } from "node:assert";
import { randomBytes } from "node:crypto";

import { readEnvironment, SettingsError } from "resistant-tenants-service/settings/read";
import { webEnvironmentSchema } from "resistant-tenants-service/settings/web-environment";
import { workerEnvironmentSchema } from "resistant-tenants-service/settings/worker-environment";

import { mentioning, mentions } from "../support/mentions";

const key = randomBytes(32);
const others = {
  DATABASE_URL: "postgres://service@127.0.0.1/service",
  SERVICE_SETTINGS: "/etc/tenants/service.yaml",
  SERVICE_CLIENT_SECRET: "secret",
  SERVICE_APPROVAL_KEY: "key",
};

describe("service: the environment of the web process", () => {
  const forms: Record<string, string> = {
    "base64url, as Node.js writes it": key.toString("base64url"),
    "base64url, as `openssl rand 32 | basenc --base64url -w0` writes it": `${key.toString("base64url")}=`,
    "base64, as `openssl rand -base64 32` writes it": `${key.toString("base64")}\n`,
  };
  for (const [form, text] of Object.entries(forms))
    it(`may have the session key in ${form}`, () => {
      const read = readEnvironment(webEnvironmentSchema, { ...others, SERVICE_SESSION_KEY: text });
      assert.deepEqual(read.SERVICE_SESSION_KEY, key);
    });

  it("may not have a session key of another length, and its refusal contains none of it", () => {
    for (const text of [key.toString("hex"), key.toString("base64url").slice(1), "session-key"])
      assert.throws(
        () => readEnvironment(webEnvironmentSchema, { ...others, SERVICE_SESSION_KEY: text }),
        (error: Error) => {
          assert.ok(error instanceof SettingsError);
          assert.ok(mentioning("SERVICE_SESSION_KEY", "32 random bytes")(error));
          assert.ok(!error.message.includes(text), error.message);
          return true;
        },
      );
  });

  it("may have a file's line end after the issuer's client secret", () => {
    const given = { ...others, SERVICE_SESSION_KEY: key.toString("base64url") };
    const read = readEnvironment(webEnvironmentSchema, { ...given, SERVICE_CLIENT_SECRET: "secret\n" });
    assert.equal(read.SERVICE_CLIENT_SECRET, "secret");
  });
});

describe("service: the environment of the worker process", () => {
  const given = { DATABASE_URL: others.DATABASE_URL, SERVICE_SETTINGS: others.SERVICE_SETTINGS };

  it("may have a file's line end after the SMTP password, which may end with a space", () => {
    for (const [text, password] of [
      ["pass word \r\n", "pass word "],
      ["password", "password"],
    ] as const) {
      const read = readEnvironment(workerEnvironmentSchema, { ...given, SERVICE_SMTP_PASSWORD: text });
      assert.equal(read.SERVICE_SMTP_PASSWORD, password);
    }
    assert.equal(readEnvironment(workerEnvironmentSchema, given).SERVICE_SMTP_PASSWORD, undefined);
    const empty = { ...given, SERVICE_SMTP_PASSWORD: "\n" };
    assert.throws(() => readEnvironment(workerEnvironmentSchema, empty), mentioning("SERVICE_SMTP_PASSWORD"));
  });

  it("has a database's URL in which special characters are encoded, and its refusal says so", () => {
    const url = "postgres://service:pa#ss/word@127.0.0.1/service";
    assert.throws(
      () => readEnvironment(workerEnvironmentSchema, { ...given, DATABASE_URL: url }),
      (error: Error) => {
        mentions(error.message, "DATABASE_URL", "percent-encoded");
        return !error.message.includes("pa#");
      },
    );
    assert.throws(
      () => readEnvironment(workerEnvironmentSchema, {}),
      mentioning("DATABASE_URL: must be given"),
    );
  });
});
