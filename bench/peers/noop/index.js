"use strict";
// The resources of as many customers as `noop:customers` says: of the same kinds, with the same inputs, as dependent on
// each other and, where `noop:secretPrefix` is set, with the same secrets as a customer's of the stack. Those that are the
// vendor's there do nothing here. What the engine costs.
const pulumi = require("@pulumi/pulumi");
const { cell, scopes, declareSecret, storeCredentials } = require("../customer-secret.js");

const provider = {
  check: async (_olds, news) => ({ inputs: news }),
  diff: async () => ({ changes: false }),
  create: async (inputs) => ({ id: inputs.name, outs: inputs }),
};

class Noop extends pulumi.dynamic.Resource {
  constructor(name, kind, props, opts) {
    super(provider, name, { name, ...props }, opts, "bench", kind);
  }
}

/** Declares a tenant and its application, with the same inputs as this project's. */
const tenantOf = (name, opts) => new Noop(name, "Tenant", { initialCells: [cell] }, opts);
const applicationOf = (name, tenant, opts) =>
  new Noop(
    `${name}/${cell}/default`,
    "Application",
    {
      tenantId: tenant.id,
      cell,
      scopes,
      authMethod: "CLIENT_SECRET",
      clientSecret: pulumi.secret(`the secret of ${name}`),
    },
    { ...opts, additionalSecretOutputs: ["clientSecret"] },
  );

class Customer extends pulumi.ComponentResource {
  constructor(name, customerId, secretPrefix) {
    super("bench:index:Customer", name);
    const parent = this;
    const tenant = tenantOf(name, { parent });
    const tenantId = tenant.id;
    const secret = declareSecret(secretPrefix, name, customerId, tenantId, { parent });
    const { id } = applicationOf(name, tenant, { parent, dependsOn: [secret] });
    const clientSecret = pulumi.secret(`the secret of ${name}`);
    storeCredentials(name, secret, { tenantId, applicationId: id, clientId: id, clientSecret }, { parent });
    this.registerOutputs({ tenantId });
  }
}

const config = new pulumi.Config("noop");
const secretPrefix = config.get("secretPrefix");
for (let index = 0; index < config.requireNumber("customers"); index += 1) {
  const name = `customer${index}`;
  if (secretPrefix !== undefined) new Customer(name, `CRM-${index}`, secretPrefix);
  else applicationOf(name, tenantOf(name, {}), {});
}
