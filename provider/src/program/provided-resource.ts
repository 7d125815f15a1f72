import * as pulumi from "@pulumi/pulumi";

import { leaveOutStackTraces } from "./stack-traces";

/** The handler of a resource's operations: a member of `pulumi-resistant-tenants/dynamic`. */
export type HandlerName = "tenant" | "tenantApplication" | "signingKey" | "released";

/**
 * A resource whose operations the installed copy of this package runs. `pulumi.dynamic.Resource` would serialize a
 * closure instead, twenty times as large and with the SDK's version in it.
 */
export abstract class ProvidedResource extends pulumi.CustomResource {
  constructor(
    type: string,
    handler: HandlerName,
    name: string,
    inputs: pulumi.Inputs,
    opts?: pulumi.CustomResourceOptions,
  ) {
    const restore = leaveOutStackTraces();
    try {
      super(type, name, { ...inputs, __provider: providerSource(handler) }, opts);
    } finally {
      restore();
    }
  }
}

/**
 * Returns the text that the engine stores as a resource's `__provider` and runs for each of its operations, now and at
 * every later refresh and delete: it only names the installed package, so the code that runs is the installed one.
 *
 * The contract with the engine's host is only the text: a module that exports `handler`.
 */
function providerSource(handler: HandlerName): string {
  return `exports.handler=()=>require("pulumi-resistant-tenants/dynamic").${handler}`;
}
