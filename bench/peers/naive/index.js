"use strict";
// As many customers as `naive:customers` says, by a dynamic provider as Pulumi's documentation shows one: the closure
// holds the code and the settings, each call asks for a token of its own, and nothing is tried twice.
// https://www.pulumi.com/docs/iac/concepts/providers/dynamic-providers/
const pulumi = require("@pulumi/pulumi");
const { cell, declareSecret, storeCredentials } = require("../customer-secret.js");

const config = new pulumi.Config("naive");
const apiUrl = config.require("apiUrl");
const tokenUrl = config.require("tokenUrl");
const clientId = config.require("clientId");
const keyId = config.require("keyId");
const secretPrefix = config.require("secretPrefix");

async function requestToken() {
  const { createPrivateKey, randomUUID, sign } = require("node:crypto");
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const claims = { aud: tokenUrl, iss: clientId, sub: clientId, iat: now, exp: now + 300, jti: randomUUID() };
  const content = `${encode({ alg: "RS256", kid: keyId })}.${encode(claims)}`;
  const key = createPrivateKey(process.env.NAIVE_PRIVATE_KEY);
  const signature = sign("sha256", Buffer.from(content), key).toString("base64url");
  const answer = await fetch(tokenUrl, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: `${content}.${signature}`,
      scope: "tenants.read tenants.write tenants.applications.read tenants.applications.write",
    }),
  });
  if (!answer.ok) throw new Error(`token: ${answer.status}`);
  return (await answer.json()).access_token;
}

async function call(method, path, body) {
  const token = await requestToken();
  const answer = await fetch(apiUrl + path, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`);
  return answer.status === 204 ? undefined : answer.json();
}

const tenantProvider = {
  async create(inputs) {
    const tenant = await call("POST", "/tenants", { name: inputs.name });
    return { id: tenant.id, outs: { ...inputs, tenantId: tenant.id } };
  },
  async read(id, props) {
    await call("GET", `/tenants/${id}`);
    return { id, props };
  },
  async delete(id) {
    await call("DELETE", `/tenants/${id}`);
  },
};

const applicationProvider = {
  async create(inputs) {
    const application = await call("POST", `/tenants/${inputs.tenantId}/applications`, {
      cell: inputs.cell,
      scopes: ["documents.submissions.read", "documents.submissions.write"],
      auth_method: { type: "CLIENT_SECRET" },
    });
    const outs = { clientId: application.client_id, clientSecret: application.credentials.client_secret };
    return { id: application.id, outs: { ...inputs, ...outs } };
  },
  async read(id, props) {
    await call("GET", `/tenants/${props.tenantId}/applications/${id}`);
    return { id, props };
  },
  async delete(id, props) {
    await call("DELETE", `/tenants/${props.tenantId}/applications/${id}`);
  },
};

class Tenant extends pulumi.dynamic.Resource {
  constructor(name, props, opts) {
    super(tenantProvider, name, { tenantId: undefined, ...props }, opts, "bench", "Tenant");
  }
}

class Application extends pulumi.dynamic.Resource {
  constructor(name, props, opts) {
    const outputs = { clientId: undefined, clientSecret: undefined };
    super(applicationProvider, name, { ...outputs, ...props }, opts, "bench", "Application");
  }
}

class Customer extends pulumi.ComponentResource {
  constructor(name, customerId) {
    super("bench:index:Customer", name);
    const parent = this;
    const tenant = new Tenant(name, { name }, { parent });
    const application = new Application(name, { tenantId: tenant.id, cell }, { parent });
    const secret = declareSecret(secretPrefix, name, customerId, tenant.id, { parent });
    const { id: applicationId, clientId, clientSecret } = application;
    storeCredentials(
      name,
      secret,
      { tenantId: tenant.id, applicationId, clientId, clientSecret },
      { parent },
    );
    this.registerOutputs({ tenantId: tenant.id });
  }
}

for (let index = 0; index < config.requireNumber("customers"); index += 1)
  new Customer(`customer${index}`, `CRM-${index}`);
