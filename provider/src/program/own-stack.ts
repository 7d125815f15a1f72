import "./quiet-log";

import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { oncePerProgram, stackName } from "./once-per-program";

export { stackName };
export { otherStackNames } from "../names/former-stacks";
export { releasedType, tenantType } from "../names/resource-types";
export { nameOfUrn } from "../names/urn";

/** A resource that the stack held when its last update ended. */
export interface HeldResource {
  urn: string;
  type: string;
  outputs: Record<string, unknown>;
}

const answerSchema = z.object({
  outputs: z.record(z.string(), z.object({ type: z.string(), outputs: z.record(z.string(), z.unknown()) })),
});

/**
 * Reads what this stack held when its last update ended, from the engine; once for the whole program. It is empty for
 * a new stack. It is a call and no resource: nothing of it lands in the state.
 */
export const resourcesOfLastUpdate: () => Promise<HeldResource[]> = oncePerProgram(readResources);

async function readResources(): Promise<HeldResource[]> {
  const answer: unknown = await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", {
    stackName: stackName(),
  });
  return Object.entries(answerSchema.parse(answer).outputs).map(([urn, resource]) => ({ urn, ...resource }));
}
