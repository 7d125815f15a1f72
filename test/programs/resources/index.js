// Declares the resources listed in `resources:declare`: [{ type, name, args, options }]. In `args`, the text
// `${<name>.<output>}` stands for an output of a resource declared before.
const pulumi = require("@pulumi/pulumi");
const resistant = require("pulumi-resistant-tenants");

const declared = {};
const resolve = (value) => {
  const reference = typeof value === "string" ? /^\$\{(.+)\.(\w+)\}$/.exec(value) : null;
  return reference === null ? value : declared[reference[1]][reference[2]];
};
for (const { type, name, args, options } of new pulumi.Config("resources").requireObject("declare")) {
  const resolved = Object.fromEntries(Object.entries(args).map(([key, value]) => [key, resolve(value)]));
  declared[name] = new resistant[type](name, resolved, options);
}
module.exports = Object.fromEntries(Object.entries(declared).map(([name, resource]) => [name, resource.id]));
