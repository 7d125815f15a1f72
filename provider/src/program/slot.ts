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
