"use strict";
// The API's floor: the requests of one piece of work and nothing else, by as many callers as this project's client has.
// It takes its settings as JSON from BENCH_SETTINGS, and keeps the ids of what it created in a file.
const { createPrivateKey, randomUUID, sign } = require("node:crypto");
const { existsSync, readFileSync, writeFileSync } = require("node:fs");
const { setTimeout: delay } = require("node:timers/promises");

const { Pool } = require("undici");

const { apiUrl, tokenUrl, clientId, keyId, file, work, customers } = JSON.parse(process.env.BENCH_SETTINGS);
const callers = 16;
const api = new URL(apiUrl);
const pool = new Pool(api.origin, { connections: callers });

async function requestToken() {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const claims = { aud: tokenUrl, iss: clientId, sub: clientId, iat: now, exp: now + 300, jti: randomUUID() };
  const content = `${encode({ alg: "RS256", kid: keyId })}.${encode(claims)}`;
  const key = createPrivateKey(process.env.BENCH_PRIVATE_KEY);
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: `${content}.${sign("sha256", Buffer.from(content), key).toString("base64url")}`,
    scope: "tenants.read tenants.write tenants.applications.read tenants.applications.write",
  });
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const path = new URL(tokenUrl).pathname;
  const { body } = await pool.request({ method: "POST", path, headers, body: form.toString() });
  return (await body.json()).access_token;
}

/** Sends a request, again where the limit refuses it. */
async function call(token, method, path, content) {
  for (;;) {
    const { statusCode, headers, body } = await pool.request({
      method,
      path: api.pathname + path,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: content === undefined ? null : JSON.stringify(content),
    });
    const text = await body.text();
    if (statusCode < 300) return text === "" ? undefined : JSON.parse(text);
    if (statusCode !== 429) throw new Error(`${method} ${path}: ${statusCode}`);
    await delay(Number(headers["retry-after"] ?? 1) * 1000);
  }
}

async function create(token, name) {
  const tenant = await call(token, "POST", "/tenants", { name });
  const application = await call(token, "POST", `/tenants/${tenant.id}/applications`, {
    cell: "eu-1",
    scopes: ["documents.submissions.read", "documents.submissions.write"],
    auth_method: { type: "CLIENT_SECRET" },
  });
  return { tenantId: tenant.id, applicationId: application.id };
}

async function destroy(token, { tenantId, applicationId }) {
  await call(token, "DELETE", `/tenants/${tenantId}/applications/${applicationId}`);
  await call(token, "DELETE", `/tenants/${tenantId}`);
}

/** Does something with each, as many at once as there are callers. */
async function each(items, act) {
  const results = [];
  let next = 0;
  const caller = async () => {
    while (next < items.length) {
      const index = next;
      next += 1;
      results[index] = await act(items[index]);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return results;
}

async function listTenants(token) {
  let page = await call(token, "GET", "/tenants?limit=100");
  while (page._links?.next?.href !== undefined) {
    page = await call(token, "GET", page._links.next.href.replace(api.pathname, ""));
  }
}

async function main() {
  const made = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];
  const token = await requestToken();
  if (work === "refresh") {
    await listTenants(token);
    await each(made, ({ tenantId }) => call(token, "GET", `/tenants/${tenantId}/applications`));
  } else if (work === "destroy") {
    await each(made, (one) => destroy(token, one));
    made.length = 0;
  } else {
    const names = Array.from({ length: customers }, (_, index) => `customer${index}`).slice(made.length);
    made.push(...(await each(names, (name) => create(token, name))));
  }
  writeFileSync(file, JSON.stringify(made));
  await pool.close();
}

void main();
