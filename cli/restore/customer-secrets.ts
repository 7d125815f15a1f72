import type { SecretListEntry, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

import { defaultSecretPrefix } from "../../stacks/src/stored-secret";
import type { Stack } from "../stack";

/** A secret of a customer's, as AWS has it. */
export interface CustomerSecret {
  /** The name of its resource in the stack: `<customer>/<cell>/<purpose>`. */
  slot: string;
  arn: string;
  /** RFC 3339: when AWS deletes it for good; absent where it does not wait for that. */
  deletedAfter?: string;
}

/**
 * Lists a customer's secrets, those that wait for their deletion included.
 *
 * @throws where one of those names is not this project's
 */
export async function findCustomerSecrets(stack: Stack, customer: string): Promise<CustomerSecret[]> {
  const { stage } = stack.settings;
  const prefix = `${stack.configured("secretPrefix") ?? defaultSecretPrefix}/${stage}/`;
  const found: CustomerSecret[] = [];
  for (const { ARN, Name, Tags, DeletedDate } of await listSecrets(stack, `${prefix}${customer}/`)) {
    if (ARN === undefined || Name?.startsWith(`${prefix}${customer}/`) !== true) continue;
    const tags = new Map((Tags ?? []).map(({ Key, Value }) => [Key, Value]));
    if (tags.get("stage") !== stage || tags.get("customer") !== customer) {
      throw new Error(
        `The secret ${Name} (${ARN}) is not one that this project made: its tags do not name stage ${stage} and customer ${customer}. Nothing was changed. ` +
          "Give it another name, or tag it so if it is the customer's.",
      );
    }
    found.push({
      slot: Name.slice(prefix.length),
      arn: ARN,
      ...(DeletedDate === undefined ? {} : { deletedAfter: DeletedDate.toISOString() }),
    });
  }
  return found;
}

/** Takes secrets back from their deletion: each keeps its ARN, its versions and its policy. */
export async function restoreSecrets(stack: Stack, secrets: readonly CustomerSecret[]): Promise<void> {
  const { RestoreSecretCommand } = await import("@aws-sdk/client-secrets-manager");
  await withClient(stack, async (client) => {
    for (const { arn } of secrets) await client.send(new RestoreSecretCommand({ SecretId: arn }));
  });
}

async function listSecrets(stack: Stack, prefix: string): Promise<SecretListEntry[]> {
  const { paginateListSecrets } = await import("@aws-sdk/client-secrets-manager");
  return withClient(stack, async (client) => {
    const entries: SecretListEntry[] = [];
    const request = { Filters: [{ Key: "name" as const, Values: [prefix] }], IncludePlannedDeletion: true };
    for await (const { SecretList } of paginateListSecrets({ client }, request)) {
      entries.push(...(SecretList ?? []));
    }
    return entries;
  });
}

async function withClient<T>(
  { awsRegion }: Stack,
  use: (client: SecretsManagerClient) => Promise<T>,
): Promise<T> {
  const { SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager");
  const client = new SecretsManagerClient(awsRegion === undefined ? {} : { region: awsRegion });
  try {
    return await use(client);
  } finally {
    client.destroy();
  }
}
