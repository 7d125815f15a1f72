import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";

import {
  CreateSecretCommand,
  DeleteResourcePolicyCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetResourcePolicyCommand,
  PutResourcePolicyCommand,
  RemoveRegionsFromReplicationCommand,
  ReplicateSecretToRegionsCommand,
  type Tag,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
} from "@aws-sdk/client-secrets-manager";

import { isUnknown, plain, withSecretsOf } from "./property-values";
import { type ResourceHandler, sameText } from "./resource-handler";
import {
  canonicalJson,
  comparisons,
  defaultsOf,
  failuresOf,
  fromAws,
  type Replica,
  samePolicy,
  sameReplica,
  type SecretProperties,
  secretProperties,
  toInputs,
  toOutputs,
} from "./secret-properties";
import { failure, isBeingDeleted, isGone, secretsManager } from "./secrets-manager";

/** AWS frees a name some time after its secret was deleted; the real provider waits as long. In milliseconds. */
const nameReleaseMs = 2 * 60_000;

/**
 * Handles `aws:secretsmanager/secret:Secret` as pulumi-aws 7 does.
 *
 * @see https://www.pulumi.com/registry/packages/aws/api-docs/secretsmanager/secret/
 */
export const secretHandler: ResourceHandler = {
  check(resourceName, olds, news) {
    const defaults: Record<string, unknown> = {};
    if (news["name"] === undefined && news["namePrefix"] === undefined) {
      const named = defaultsOf(olds).includes("name") ? olds["name"] : undefined;
      defaults["name"] = named ?? `${resourceName}-${randomBytes(4).toString("hex").slice(0, 7)}`;
    }
    if (news["recoveryWindowInDays"] === undefined) defaults["recoveryWindowInDays"] = 30;
    if (news["forceOverwriteReplicaSecret"] === undefined) defaults["forceOverwriteReplicaSecret"] = false;
    const inputs = { ...news, ...defaults, __defaults: Object.keys(defaults) };
    return { inputs, failures: failuresOf(plain(news)) };
  },

  diff(olds, news) {
    const changed = Object.entries(comparisons).filter(([key, { same }]) => {
      const next = plain(news[key]);
      return isUnknown(next) || !same(plain(olds[key]), next);
    });
    const replaces = changed.filter(([, comparison]) => comparison.replaces).map(([key]) => key);
    return {
      changes: changed.length > 0,
      replaces,
      // Two secrets cannot have one name at a time; names that the provider generated differ.
      deleteBeforeReplace: replaces.length > 0 && !defaultsOf(news).includes("name"),
    };
  },

  async create(inputs) {
    const args = secretProperties.parse(plain(inputs));
    const name = args.name ?? `${args.namePrefix ?? ""}${randomBytes(13).toString("hex")}`;
    const arn = await createSecret(name, args);
    const made = { arn, name, args, tags: args.tags, policy: args.policy, replicas: args.replicas };
    const outputs = withSecretsOf(inputs, toOutputs(made));
    try {
      await putPolicy(arn, args);
    } catch (error) {
      // The secret exists: the engine stores it in the state and tries the rest again.
      throw Object.assign(failure(`putting Secrets Manager Secret (${name}) policy`, error), {
        id: arn,
        properties: outputs,
        reasons: ["its resource policy was not accepted"],
      });
    }
    return { id: arn, outputs };
  },

  async read(id, state) {
    const args = secretProperties.parse(plain(state));
    try {
      const client = secretsManager(args.region);
      const described = await client.send(new DescribeSecretCommand({ SecretId: id }));
      if (described.DeletedDate) return undefined;
      const { ResourcePolicy } = await client.send(new GetResourcePolicyCommand({ SecretId: id }));
      const outputs = withSecretsOf(state, toOutputs(fromAws(args, id, described, ResourcePolicy)));
      return { outputs, importInputs: toInputs(outputs) };
    } catch (error) {
      if (isGone(error)) return undefined;
      throw failure(`reading Secrets Manager Secret (${id})`, error);
    }
  },

  async update(id, olds, news) {
    const before = secretProperties.parse(plain(olds));
    const args = secretProperties.parse(plain(news));
    try {
      await updateReplicas(id, before, args);
      await updateDescription(id, before, args);
      if (!samePolicy(before.policy, args.policy)) await putPolicy(id, args);
      await updateTags(id, before, args);
    } catch (error) {
      throw failure(`updating Secrets Manager Secret (${id})`, error);
    }
    const updated = await secretHandler.read(id, { ...olds, ...news });
    if (!updated) throw new Error(`updating Secrets Manager Secret (${id}): it is gone`);
    return updated.outputs;
  },

  async delete(id, state) {
    const args = secretProperties.parse(plain(state));
    const client = secretsManager(args.region);
    try {
      await removeReplicas(id, args, args.replicas ?? []);
      await client.send(
        new DeleteSecretCommand({
          SecretId: id,
          ...(args.recoveryWindowInDays === 0
            ? { ForceDeleteWithoutRecovery: true }
            : { RecoveryWindowInDays: args.recoveryWindowInDays }),
        }),
      );
    } catch (error) {
      if (!isGone(error)) throw failure(`deleting Secrets Manager Secret (${id})`, error);
    }
  },
};

async function createSecret(name: string, args: SecretProperties): Promise<string> {
  const command = new CreateSecretCommand({
    Name: name,
    ClientRequestToken: randomUUID(),
    Description: args.description ?? "",
    KmsKeyId: args.kmsKeyId,
    ForceOverwriteReplicaSecret: args.forceOverwriteReplicaSecret,
    AddReplicaRegions: args.replicas?.map(toReplicaRegion),
    Tags: toAwsTags(args.tags),
    Type: args.type,
  });
  const deadline = performance.now() + nameReleaseMs;
  for (;;) {
    try {
      const { ARN } = await secretsManager(args.region).send(command);
      if (ARN === undefined) throw new Error("the answer holds no ARN");
      return ARN;
    } catch (error) {
      if (!isBeingDeleted(error) || performance.now() > deadline) {
        throw failure(`creating Secrets Manager Secret (${name})`, error);
      }
      await delay(2_000);
    }
  }
}

async function putPolicy(id: string, args: SecretProperties): Promise<void> {
  const client = secretsManager(args.region);
  if (args.policy === undefined || args.policy === "") return;
  if (canonicalJson(args.policy) === "{}") {
    await client.send(new DeleteResourcePolicyCommand({ SecretId: id }));
  } else {
    await client.send(new PutResourcePolicyCommand({ SecretId: id, ResourcePolicy: args.policy }));
  }
}

async function updateDescription(
  id: string,
  before: SecretProperties,
  args: SecretProperties,
): Promise<void> {
  if (sameText(before.description, args.description) && sameText(before.kmsKeyId, args.kmsKeyId)) return;
  await secretsManager(args.region).send(
    new UpdateSecretCommand({ SecretId: id, Description: args.description ?? "", KmsKeyId: args.kmsKeyId }),
  );
}

async function updateTags(id: string, before: SecretProperties, args: SecretProperties): Promise<void> {
  const client = secretsManager(args.region);
  const removed = Object.keys(before.tags).filter((key) => !(key in args.tags));
  const set = Object.entries(args.tags).filter(([key, value]) => before.tags[key] !== value);
  if (removed.length > 0) {
    await client.send(new UntagResourceCommand({ SecretId: id, TagKeys: removed }));
  }
  if (set.length > 0) {
    await client.send(new TagResourceCommand({ SecretId: id, Tags: toAwsTags(Object.fromEntries(set)) }));
  }
}

async function updateReplicas(id: string, before: SecretProperties, args: SecretProperties): Promise<void> {
  if (args.replicas === undefined) return;
  const [old, next] = [before.replicas ?? [], args.replicas];
  const without = (some: readonly Replica[], others: readonly Replica[]): Replica[] =>
    some.filter((one) => !others.some((other) => sameReplica(one, other)));
  await removeReplicas(id, args, without(old, next));
  const added = without(next, old);
  if (added.length === 0) return;
  await secretsManager(args.region).send(
    new ReplicateSecretToRegionsCommand({
      SecretId: id,
      AddReplicaRegions: added.map(toReplicaRegion),
      ForceOverwriteReplicaSecret: args.forceOverwriteReplicaSecret,
    }),
  );
}

async function removeReplicas(
  id: string,
  args: SecretProperties,
  replicas: readonly Replica[],
): Promise<void> {
  if (replicas.length === 0) return;
  await secretsManager(args.region).send(
    new RemoveRegionsFromReplicationCommand({
      SecretId: id,
      RemoveReplicaRegions: replicas.map(({ region }) => region),
    }),
  );
}

function toReplicaRegion({ region, kmsKeyId }: Replica): { Region: string; KmsKeyId: string | undefined } {
  return { Region: region, KmsKeyId: kmsKeyId === "" ? undefined : kmsKeyId };
}

function toAwsTags(tagged: Readonly<Record<string, string>>): Tag[] {
  return Object.entries(tagged).map(([Key, Value]) => ({ Key, Value }));
}
