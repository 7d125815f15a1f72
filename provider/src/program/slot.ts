import * as pulumi from "@pulumi/pulumi";

import type { SlotInput, ToldOfRun } from "../names/slot";
import { oncePer } from "../once-per";
import { heldBeforeOf } from "./held-before";
import { findHeld, type HeldResource, otherStackNames, resourcesOfLastUpdate, stackName } from "./own-stack";

/**
 * Passes to a resource's provider the stack, the resource's name in it, and its object after the last update. With
 * these the provider finds what a crash left behind, also under a former name of the stack. It is never a difference.
 *
 * @param idOutput the output with the object's id
 * @param told what else the provider must know about this update
 */
export function slotOf(
  type: string,
  name: string,
  idOutput: "tenantId" | "applicationId",
  told?: ToldOfRun,
): pulumi.Output<SlotInput> {
  return pulumi.output(findSlot(type, name, idOutput)).apply((slot) => ({ ...slot, ...told }));
}

/** A program belongs to one stack, and has one list of its resources. */
const formerNames = oncePer((resources: readonly HeldResource[]) => otherStackNames(resources, stackName()));

async function findSlot(type: string, name: string, idOutput: string): Promise<SlotInput> {
  const resources = await resourcesOfLastUpdate();
  const heldId = findHeld(resources, type, name)?.outputs[idOutput];
  const heldBefore = heldBeforeOf(resources);
  const stack = stackName();
  const formerly = formerNames(resources);
  return {
    stack,
    name,
    ...(typeof heldId === "string" ? { heldId } : {}),
    ...(formerly.length === 0 ? {} : { formerly }),
    ...(heldBefore === undefined ? {} : { heldBefore }),
  };
}
