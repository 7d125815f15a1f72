import { writeFile } from "node:fs/promises";
import path from "node:path";

import { CreateSecretCommand, PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";

import { StackUnderTest } from "../engine/engine";
import { configurationOf, type Recording, type Stage } from "./recording";

/** What belongs to the sandbox and the workspace, and differs in each. */
const ownKeys = ["apiUrl", "tokenUrl", "clientId", "keyId", "secretPrefix", "journal"];

/** Puts a recording's objects back at the stand-ins, and its state and journal into a stack of its own. */
export async function replay(recording: Recording, stage: Stage): Promise<StackUnderTest> {
  const recorded = configurationOf(recording);
  const config = Object.entries(recorded).filter(
    ([key]) => key.startsWith("tenants:") && !ownKeys.includes(key.slice("tenants:".length)),
  );
  const stack = await StackUnderTest.create({
    stage,
    config: Object.fromEntries(config),
    encryption: "passphrase",
  });
  try {
    for (const tenant of recording.vendor) stack.sandbox.control.restoreTenant(tenant);
    const place = (text: string): string =>
      [
        [new URL(recorded["tenants:apiUrl"]).origin, new URL(stack.sandbox.apiUrl).origin],
        [recorded["tenants:clientId"], stack.sandbox.clientId],
        [recorded["tenants:secretPrefix"], stack.secretPrefix],
        [path.dirname(recorded["tenants:journal"]), stack.workspace.directory],
      ].reduce((changed, [from = "", to = ""]) => changed.replaceAll(from, to), text);
    await writeFile(path.join(stack.workspace.directory, "journal.jsonl"), place(recording.journal));
    await importState(stack, recording.state);
    // Secrets hold URLs too. What is decrypted for that stays in the workspace, and is encrypted again at the import.
    const state = place((await stack.workspace.run(["stack", "export", "--show-secrets"])).stdout);
    await importState(stack, await withSecretsStored(stack, state));
    return stack;
  } catch (error) {
    await stack.close();
    throw error;
  }
}

async function importState(stack: StackUnderTest, state: string): Promise<void> {
  const file = path.join(stack.workspace.directory, "import.json");
  await writeFile(file, state);
  await stack.succeed(["stack", "import", "--file", file]);
}

const secretSchema = z.object({
  type: z.literal("aws:secretsmanager/secret:Secret"),
  outputs: z.object({
    arn: z.string(),
    name: z.string(),
    description: z.string(),
    tags: z.record(z.string(), z.string()),
  }),
});
const versionSchema = z.object({
  type: z.literal("aws:secretsmanager/secretVersion:SecretVersion"),
  outputs: z.object({
    secretId: z.string(),
    versionId: z.string(),
    // A decrypted value is JSON text within the engine's mark of a secret.
    secretString: z.object({ plaintext: z.string() }),
  }),
});
const stateSchema = z.object({
  deployment: z.object({ resources: z.array(z.unknown()) }),
});

/** Stores the secrets that a state names, and gives the state with the ARNs that they have now. */
async function withSecretsStored(stack: StackUnderTest, state: string): Promise<string> {
  const { resources } = stateSchema.parse(JSON.parse(state)).deployment;
  const arns = new Map<string, string>();
  for (const resource of resources) {
    const { data } = secretSchema.safeParse(resource);
    if (data === undefined) continue;
    const { arn, name, description, tags } = data.outputs;
    const { ARN = "" } = await stack.aws.send(
      new CreateSecretCommand({
        Name: name,
        Description: description,
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      }),
    );
    arns.set(arn, ARN);
  }
  for (const resource of resources) {
    const { data } = versionSchema.safeParse(resource);
    if (data === undefined) continue;
    const { secretId, versionId, secretString } = data.outputs;
    await stack.aws.send(
      new PutSecretValueCommand({
        SecretId: arns.get(secretId),
        ClientRequestToken: versionId,
        SecretString: JSON.parse(secretString.plaintext) as string,
      }),
    );
  }
  return [...arns].reduce((changed, [from, to]) => changed.replaceAll(from, to), state);
}
