import { SecretsManager } from "pulumi-resistant-tenants/internal/aws-secret";
import { onRecord, type StackRecord } from "pulumi-resistant-tenants/internal/journal";
import { slotName } from "pulumi-resistant-tenants/internal/vocabulary";
import type { CustomerConfiguration } from "resistant-tenants-stacks/configuration";

import { type Stack, startOfSecretNames } from "../stack/stack";

/** A customer's secret in AWS. */
export interface CustomerSecret {
  /** The name of its resource in the stack: `<customer>/<cell>/<purpose>`. */
  slot: string;
  arn: string;
  /** AWS's `DeletedDate`, RFC 3339; absent if it is not marked for deletion. */
  deletedAt?: string;
  tags: ReadonlyMap<string, string>;
}

/**
 * Lists a customer's secrets, including those marked for deletion.
 *
 * @throws if one of the names is not this project's
 */
export async function findCustomerSecrets(
  stack: Pick<Stack, "settings" | "value" | "aws">,
  { name: customer, applications }: Pick<CustomerConfiguration, "name" | "applications">,
): Promise<CustomerSecret[]> {
  const { stage } = stack.settings;
  const prefix = await startOfSecretNames(stack);
  const declared = applications.map((application) => prefix + slotName(customer, application));
  const found = await withAws(stack, (aws) => aws.list(`${prefix}${customer}/`, declared));
  const foreign = found.find(({ tags }) => tags.get("stage") !== stage || tags.get("customer") !== customer);
  if (foreign !== undefined) {
    throw new Error(
      `The secret ${foreign.name} (${foreign.arn}) was not created by this project: its tags do not name stage ${stage} and customer ${customer}. Nothing was changed. ` +
        "Give it another name; or, if it belongs to the customer, add these tags.",
    );
  }
  return found.map(({ arn, name, tags, deletedAt }) => ({
    slot: name.slice(prefix.length),
    arn,
    tags,
    ...(deletedAt === undefined ? {} : { deletedAt }),
  }));
}

/** Restores secrets from deletion and records it: each keeps its ARN, its versions and its policy. */
export async function restoreSecrets(
  stack: Stack,
  record: StackRecord,
  secrets: readonly CustomerSecret[],
): Promise<void> {
  await withAws(stack, async (aws) => {
    for (const { slot, arn, deletedAt } of secrets) {
      const action = { type: "Secret", operation: "restore", slot, parameters: { arn, deletedAt } } as const;
      await onRecord(record, action, async () => {
        await aws.restore(arn);
        return "restored";
      });
    }
  });
}

async function withAws<T>(
  { aws }: Pick<Stack, "aws">,
  use: (secrets: SecretsManager) => Promise<T>,
): Promise<T> {
  const secrets = new SecretsManager(aws);
  try {
    return await use(secrets);
  } finally {
    secrets.close();
  }
}
