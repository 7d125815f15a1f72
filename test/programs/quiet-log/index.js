// WHEN says when the package is imported: first of all, after the SDK, or after something was read with the SDK alone.
const when = process.env.WHEN;
if (when === "first") require("pulumi-resistant-tenants");

const pulumi = require("@pulumi/pulumi");

module.exports = async () => {
  const self = new pulumi.StackReference(`organization/quiet-log/${pulumi.getStack()}`);
  if (when === "after a read") await self.getOutputDetails("clientSecret");
  const { Tenant, TenantApplication } = require("pulumi-resistant-tenants");

  const tenant = new Tenant("acme", { name: "acme" });
  const application = new TenantApplication("acme-eu", { tenantId: tenant.tenantId, cell: "eu-1" });
  await pulumi.log.debug("a debug message of the program's own");
  await pulumi.log.info("a message of the program's own");
  return { clientSecret: application.clientSecret, last: self.getOutput("clientSecret") };
};
