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

/** Turns a stack into one whose update was killed between the create of its secret and the saving of the state. */
export async function forgetSecret(stack: StackUnderTest): Promise<void> {
  const file = path.join(stack.workspace.directory, "state/.pulumi/stacks/resistant-tenants/dev.json");
  const resource = z.looseObject({
    type: z.string(),
    id: z.string().optional(),
    dependencies: z.array(z.string()).optional(),
  });
  const latest = z.looseObject({ resources: z.array(resource) });
  const state = z
    .looseObject({ checkpoint: z.looseObject({ latest }) })
    .parse(JSON.parse(await readFile(file, "utf8")));
  const { resources } = state.checkpoint.latest;
  const secret = resources.find(({ type }) => type.endsWith(":Secret"));
  assert.ok(secret?.id !== undefined);
  const { id, outputs, ...asked } = secret;
  assert.ok(outputs);
  // The engine refuses a state in which a resource depends on one that is not there: the application did.
  state.checkpoint.latest.resources = resources
    .filter(({ type }) => !type.startsWith("aws:secretsmanager/"))
    .map((kept) => ({
      ...kept,
      dependencies: (kept.dependencies ?? []).filter((urn) => !urn.includes("aws:secretsmanager/")),
    }));
  state.checkpoint.latest["pending_operations"] = [{ type: "creating", resource: asked }];
  await writeFile(file, JSON.stringify(state));
  // It was killed before the value was stored, too.
  const { Name, Description, Tags } = await stack.aws.send(new DescribeSecretCommand({ SecretId: id }));
  await stack.aws.send(new DeleteSecretCommand({ SecretId: id, ForceDeleteWithoutRecovery: true }));
  await stack.aws.send(new CreateSecretCommand({ Name, Description, Tags }));
}
