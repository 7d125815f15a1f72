"use strict";
// The resources of as many customers as `noop:customers` says: of the same kinds, as dependent on each other and, where
// `noop:secretPrefix` is set, with the same secrets as a customer's of the stack. Those that are the vendor's there do
// nothing here. What the engine costs.
const pulumi = require("@pulumi/pulumi");

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

const application = (name, tenant, opts) =>
  new Noop(
    name,
    "Application",
    { tenantId: tenant.id, clientSecret: pulumi.secret(`the secret of ${name}`) },
    { ...opts, additionalSecretOutputs: ["clientSecret"] },
  );

class Customer extends pulumi.ComponentResource {
  constructor(name, secretPrefix) {
    super("bench:index:Customer", name);
    const { Secret } = require("@pulumi/aws/secretsmanager/secret");
    const { SecretVersion } = require("@pulumi/aws/secretsmanager/secretVersion");
    const parent = this;
    const tenant = new Noop(name, "Tenant", {}, { parent });
    const secret = new Secret(
      name,
      {
        name: `${secretPrefix}/${name}`,
        description: `OAuth2 client of ${name}`,
        recoveryWindowInDays: 0,
        tags: { customer: name, tenant_id: tenant.id },
      },
      { parent },
    );
    const { id } = application(name, tenant, { parent, dependsOn: [secret] });
    const value = { client_id: id, client_secret: pulumi.secret(`the secret of ${name}`) };
    new SecretVersion(
      name,
      { secretId: secret.id, secretString: pulumi.jsonStringify(value) },
      { parent, retainOnDelete: true },
    );
    this.registerOutputs({ tenantId: tenant.id });
  }
}

const config = new pulumi.Config("noop");
const secretPrefix = config.get("secretPrefix");
for (let index = 0; index < config.requireNumber("customers"); index += 1) {
  const name = `customer${index}`;
  if (secretPrefix !== undefined) new Customer(name, secretPrefix);
  else application(name, new Noop(name, "Tenant", {}), {});
}
