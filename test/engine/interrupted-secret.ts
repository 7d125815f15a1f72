import { strict as assert } from "node:assert";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";

import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
} from "@aws-sdk/client-secrets-manager";
import { z } from "zod";

import type { StackUnderTest } from "./engine";

const resource = z.looseObject({
  type: z.string(),
  id: z.string().optional(),
  dependencies: z.array(z.string()).optional(),
});
const latest = z.looseObject({ resources: z.array(resource) });
const stateSchema = z.looseObject({ checkpoint: z.looseObject({ latest }) });

/**
 * Turns a stack into one whose update was killed while it created a resource, and had saved nothing of what came after.
 *
 * @param isCreated tells by its type which resource that is
 * @param isAfter tells which came after
 * @returns Resolves with the resource's id.
 */
async function killBeforeSaving(
  stack: StackUnderTest,
  isCreated: (type: string) => boolean,
  isAfter: (type: string) => boolean,
): Promise<string> {
  const file = path.join(stack.workspace.directory, "state/.pulumi/stacks/resistant-tenants/dev.json");
  const state = stateSchema.parse(JSON.parse(await readFile(file, "utf8")));
  const { resources } = state.checkpoint.latest;
  const created = resources.find(({ type }) => isCreated(type));
  assert.ok(created?.id !== undefined);
  const { id, outputs, ...asked } = created;
  assert.ok(outputs);
  const isForgotten = (type: string): boolean => isCreated(type) || isAfter(type);
  // The engine refuses a state in which a resource depends on one that is not there.
  const typeOf = (urn: string): string => urn.split("::")[2]?.split("$").at(-1) ?? "";
  state.checkpoint.latest.resources = resources
    .filter(({ type }) => !isForgotten(type))
    .map((kept) => ({
      ...kept,
      dependencies: (kept.dependencies ?? []).filter((urn) => !isForgotten(typeOf(urn))),
    }));
  state.checkpoint.latest["pending_operations"] = [{ type: "creating", resource: asked }];
  await writeFile(file, JSON.stringify(state));
  return id;
}

/** Turns a stack into one whose update was killed once its application was on record as created, and before it was saved. */
export function forgetApplication(stack: StackUnderTest): Promise<string> {
  return killBeforeSaving(
    stack,
    (type) => type.endsWith(":TenantApplication"),
    (type) => type.endsWith(":SecretVersion"),
  );
}

/** Turns a stack into one whose update was killed between the create of its secret and the saving of the state. */
export async function forgetSecret(stack: StackUnderTest): Promise<void> {
  const id = await killBeforeSaving(
    stack,
    (type) => type.endsWith(":Secret"),
    (type) => type.startsWith("aws:secretsmanager/"),
  );
  // It was killed before the value was stored, too.
  const { Name, Description, Tags } = await stack.aws.send(new DescribeSecretCommand({ SecretId: id }));
  await stack.aws.send(new DeleteSecretCommand({ SecretId: id, ForceDeleteWithoutRecovery: true }));
  await stack.aws.send(new CreateSecretCommand({ Name, Description, Tags }));
}
