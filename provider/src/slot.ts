import * as pulumi from "@pulumi/pulumi";

import type { SlotInput } from "./dynamic/slot";
import { heldBeforeOf } from "./held-before";
import { nameOfUrn, resourcesOfLastUpdate, stackName } from "./own-stack";

/**
 * Tells a resource's provider which stack it is in, what its name is there, and which object the stack held for it
 * when its last update ended: with that the provider finds again what a crash left behind. It is never a difference.
 *
 * @param idOutput the output that holds the object's id
 */
export function slotOf(
  type: string,
  name: string,
  idOutput: "tenantId" | "applicationId",
): pulumi.Output<SlotInput> {
  return pulumi.output(findSlot(type, name, idOutput));
}

async function findSlot(type: string, name: string, idOutput: string): Promise<SlotInput> {
  const resources = await resourcesOfLastUpdate();
  const held = resources.find((resource) => resource.type === type && nameOfUrn(resource.urn) === name);
  const heldId = held?.outputs[idOutput];
  const heldBefore = heldBeforeOf(resources);
  return {
    stack: stackName(),
    name,
    ...(typeof heldId === "string" ? { heldId } : {}),
    ...(heldBefore === undefined ? {} : { heldBefore }),
  };
}
