"use strict";
// As many tenants as `alone:customers` says, with an application each: this project's resources in a stack of one's own.
const { Tenant, TenantApplication } = require("pulumi-resistant-tenants");
const pulumi = require("@pulumi/pulumi");

const customers = new pulumi.Config("alone").requireNumber("customers");
for (let index = 0; index < customers; index += 1) {
  const name = `customer${index}`;
  const { tenantId } = new Tenant(name, { name });
  new TenantApplication(name, { tenantId, cell: "eu-1" });
}
