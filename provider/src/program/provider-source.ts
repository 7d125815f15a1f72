/**
 * Gives the text that the engine keeps as a resource's `__provider` and runs for each of its operations, now and at
 * every later refresh and delete: it only names the installed package, so the code that runs is the installed one.
 *
 * `pulumi.dynamic.Resource` would serialise a closure to the same end, at twenty times the size and with the SDK's
 * version in it. The contract with the engine's host is the text alone: a module that exports `handler`.
 *
 * @param name a member of `pulumi-resistant-tenants/dynamic`
 */
export function providerSource(name: "tenant" | "tenantApplication" | "signingKey" | "released"): string {
  return `exports.handler=()=>require("pulumi-resistant-tenants/dynamic").${name}`;
}
