import * as pulumi from "@pulumi/pulumi";

import type { SlotInput, ToldOfRun } from "../names/slot";
import { heldBeforeOf } from "./held-before";
import { nameOfUrn, otherStackNames, resourcesOfLastUpdate, stackName } from "./own-stack";

/**
 * Tells a resource's provider which stack it is in, what its name is there, and which object the stack held for it
 * when its last update ended: with that the provider finds again what a crash left behind, under a former name of the
 * stack, too. It is never a difference.
 *
 * @param idOutput the output that holds the object's id
 * @param told what the provider is told of this update beside that
 */
export function slotOf(
  type: string,
  name: string,
  idOutput: "tenantId" | "applicationId",
  told?: ToldOfRun,
): pulumi.Output<SlotInput> {
  return pulumi.output(findSlot(type, name, idOutput)).apply((slot) => ({ ...slot, ...told }));
}

async function findSlot(type: string, name: string, idOutput: string): Promise<SlotInput> {
  const resources = await resourcesOfLastUpdate();
  const held = resources.find((resource) => resource.type === type && nameOfUrn(resource.urn) === name);
  const heldId = held?.outputs[idOutput];
  const heldBefore = heldBeforeOf(resources);
  const stack = stackName();
  const formerly = otherStackNames(resources, stack);
  return {
    stack,
    name,
    ...(typeof heldId === "string" ? { heldId } : {}),
    ...(formerly.length === 0 ? {} : { formerly }),
    ...(heldBefore === undefined ? {} : { heldBefore }),
  };
}

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
