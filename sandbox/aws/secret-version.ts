import { randomUUID } from "node:crypto";

import {
  GetSecretValueCommand,
  paginateListSecretVersionIds,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { z } from "zod";

import { isUnknown, plain, present, type PropertyValues, secret, withSecretsOf } from "./property-values";
import {
  type CheckFailure,
  type Comparison,
  type ResourceHandler,
  sameText,
  sameWhereGiven,
} from "./resource-handler";
import { defaultRegion, failure, isGone, secretsManager } from "./secrets-manager";

/** The inputs of `aws:secretsmanager/secretVersion:SecretVersion`. */
const versionProperties = z.object({
  secretId: z.string(),
  secretString: z.string().optional(),
  secretBinary: z.base64().optional(),
  secretStringWo: z.string().optional(),
  secretStringWoVersion: z.number().optional(),
  versionStages: z.array(z.string()).optional(),
  region: z.string().optional(),
});
type VersionProperties = z.infer<typeof versionProperties>;

const current = "AWSCURRENT";
const previous = "AWSPREVIOUS";

const comparisons: Record<Exclude<keyof VersionProperties, "secretStringWo">, Comparison> = {
  secretId: { replaces: true, same: (old, next) => old === next },
  secretString: { replaces: true, same: sameText },
  secretBinary: { replaces: true, same: sameText },
  secretStringWoVersion: { replaces: true, same: (old, next) => old === next },
  region: { replaces: true, same: sameWhereGiven },
  versionStages: { replaces: false, same: sameStages },
};

/**
 * Handles `aws:secretsmanager/secretVersion:SecretVersion` as pulumi-aws 7 does: a new value is a new
 * version, created before the old one loses its labels.
 *
 * @see https://www.pulumi.com/registry/packages/aws/api-docs/secretsmanager/secretversion/
 */
export const secretVersionHandler: ResourceHandler = {
  check(_name, _olds, news) {
    return { inputs: { ...news, __defaults: [] }, failures: failuresOf(plain(news)) };
  },

  diff(olds, news) {
    const changed = Object.entries(comparisons).filter(([key, { same }]) => {
      const next = plain(news[key]);
      return isUnknown(next) || !same(plain(olds[key]), next);
    });
    const replaces = changed.filter(([, comparison]) => comparison.replaces).map(([key]) => key);
    return { changes: changed.length > 0, replaces, deleteBeforeReplace: false };
  },

  async create(inputs) {
    const args = versionProperties.parse(plain(inputs));
    const value = args.secretString ?? args.secretStringWo;
    try {
      const put = await secretsManager(args.region).send(
        new PutSecretValueCommand({
          SecretId: args.secretId,
          ClientRequestToken: randomUUID(),
          SecretString: value,
          SecretBinary:
            args.secretBinary === undefined ? undefined : Buffer.from(args.secretBinary, "base64"),
          VersionStages: args.versionStages,
        }),
      );
      if (put.VersionId === undefined) throw new Error("the answer holds no version id");
      const version = { arn: put.ARN, versionId: put.VersionId, versionStages: put.VersionStages };
      return {
        id: `${args.secretId}|${put.VersionId}`,
        outputs: withSecretsOf(inputs, toOutputs(args, version)),
      };
    } catch (error) {
      throw failure(
        `putting Secrets Manager Secret (${args.secretId}) value`,
        error,
        value ?? args.secretBinary,
      );
    }
  },

  async read(id, state) {
    const { secretId, versionId } = parseId(id);
    const args = versionProperties.parse({ ...toRecord(plain(state)), secretId });
    try {
      const found = await secretsManager(args.region).send(
        new GetSecretValueCommand({ SecretId: secretId, VersionId: versionId }),
      );
      const actual: VersionProperties = {
        ...args,
        secretString: args.secretStringWoVersion === undefined ? found.SecretString : undefined,
        secretBinary: found.SecretBinary && Buffer.from(found.SecretBinary).toString("base64"),
      };
      const version = { arn: found.ARN, versionId, versionStages: found.VersionStages };
      const outputs = withSecretsOf(state, toOutputs(actual, version));
      const { secretString, secretBinary, region } = outputs;
      return {
        outputs,
        importInputs: present({ secretId, secretString, secretBinary, region, __defaults: [] }),
      };
    } catch (error) {
      if (isGone(error)) return undefined;
      throw failure(`reading Secrets Manager Secret Version (${id})`, error);
    }
  },

  async update(id, olds, news) {
    const before = stagesOf(olds);
    const after = stagesOf(news);
    const added = after.filter((stage) => !before.includes(stage));
    const removed = before.filter((stage) => !after.includes(stage));
    try {
      for (const stage of added) await addStage(id, news, stage);
      // AWSPREVIOUS has moved to another version if AWSCURRENT came to this one.
      const moved = added.includes(current) ? [current, previous] : [current];
      for (const stage of removed.filter((one) => !moved.includes(one))) await removeStage(id, news, stage);
    } catch (error) {
      throw failure(`updating Secrets Manager Secret Version (${id})`, error);
    }
    const updated = await secretVersionHandler.read(id, { ...olds, ...news });
    if (!updated) throw new Error(`updating Secrets Manager Secret Version (${id}): it is gone`);
    return updated.outputs;
  },

  async delete(id, state) {
    try {
      // AWSCURRENT can only be moved to another version, never removed.
      for (const stage of stagesOf(state).filter((one) => one !== current)) {
        await removeStage(id, state, stage);
      }
    } catch (error) {
      if (!isGone(error)) throw failure(`deleting Secrets Manager Secret Version (${id})`, error);
    }
  },
};

async function addStage(id: string, properties: PropertyValues, stage: string): Promise<void> {
  const { secretId, versionId } = parseId(id);
  await secretsManager(regionOf(properties)).send(
    new UpdateSecretVersionStageCommand({
      SecretId: secretId,
      VersionStage: stage,
      MoveToVersionId: versionId,
      RemoveFromVersionId: stage === current ? await currentVersion(secretId, properties) : undefined,
    }),
  );
}

async function removeStage(id: string, properties: PropertyValues, stage: string): Promise<void> {
  const { secretId, versionId } = parseId(id);
  await secretsManager(regionOf(properties)).send(
    new UpdateSecretVersionStageCommand({
      SecretId: secretId,
      VersionStage: stage,
      RemoveFromVersionId: versionId,
    }),
  );
}

async function currentVersion(secretId: string, properties: PropertyValues): Promise<string | undefined> {
  const client = secretsManager(regionOf(properties));
  for await (const page of paginateListSecretVersionIds({ client }, { SecretId: secretId })) {
    const found = page.Versions?.find((version) => version.VersionStages?.includes(current));
    if (found) return found.VersionId;
  }
  return undefined;
}

interface StoredVersion {
  readonly arn: string | undefined;
  readonly versionId: string;
  readonly versionStages: string[] | undefined;
}

function toOutputs(
  args: VersionProperties,
  { arn, versionId, versionStages }: StoredVersion,
): PropertyValues {
  return present({
    arn,
    secretArn: arn,
    secretId: args.secretId,
    secretString: args.secretString === undefined ? undefined : secret(args.secretString),
    secretBinary: args.secretBinary === undefined ? undefined : secret(args.secretBinary),
    secretStringWoVersion: args.secretStringWoVersion,
    hasSecretStringWo: args.secretStringWoVersion === undefined ? undefined : true,
    versionId,
    versionStages: versionStages ?? [],
    region: args.region ?? defaultRegion(),
  });
}

function failuresOf(news: unknown): CheckFailure[] {
  const failures: CheckFailure[] = [];
  const values = toRecord(news);
  const known = Object.fromEntries(Object.entries(values).filter(([, value]) => !isUnknown(value)));
  const parsed = versionProperties.partial().safeParse(known);
  if (!parsed.success) {
    // zod's message names what was expected, never the value.
    return parsed.error.issues.map((issue) => ({ property: issue.path.join("."), reason: issue.message }));
  }
  if (values["secretId"] === undefined) failures.push({ property: "secretId", reason: "must be given" });
  const given = ["secretString", "secretBinary", "secretStringWo"].filter((key) => values[key] !== undefined);
  for (const property of given.slice(1))
    failures.push({ property, reason: `conflicts with ${given[0] ?? ""}` });
  return failures;
}

function parseId(id: string): { secretId: string; versionId: string } {
  const at = id.indexOf("|");
  if (at < 1 || at === id.length - 1) {
    throw new Error(`unexpected format of ID (${id}), expected SecretID|VersionID`);
  }
  return { secretId: id.slice(0, at), versionId: id.slice(at + 1) };
}

function sameStages(old: unknown, next: unknown): boolean {
  if (next === undefined) return true;
  const [before, after] = [old, next].map((stages) => new Set(z.array(z.string()).catch([]).parse(stages)));
  return before?.size === after?.size && [...(before ?? [])].every((stage) => after?.has(stage));
}

function stagesOf(properties: PropertyValues): string[] {
  return z.array(z.string()).catch([]).parse(plain(properties["versionStages"]));
}

function regionOf(properties: PropertyValues): string | undefined {
  return z.string().optional().catch(undefined).parse(plain(properties["region"]));
}

function toRecord(value: unknown): Record<string, unknown> {
  return z.record(z.string(), z.unknown()).parse(value);
}
