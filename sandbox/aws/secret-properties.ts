import type { DescribeSecretResponse, Tag } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";

import { isUnknown, present, type PropertyValues } from "./property-values";
import { type CheckFailure, type Comparison, sameText, sameWhereGiven } from "./resource-handler";
import { defaultRegion } from "./secrets-manager";

const replica = z.object({ region: z.string(), kmsKeyId: z.string().optional() });
const tags = z.record(z.string(), z.string());

/** The inputs of `aws:secretsmanager/secret:Secret`, and the corresponding outputs. */
export const secretProperties = z.object({
  name: z.string().optional(),
  namePrefix: z.string().optional(),
  description: z.string().optional(),
  kmsKeyId: z.string().optional(),
  policy: z.string().optional(),
  recoveryWindowInDays: z.number().default(30),
  forceOverwriteReplicaSecret: z.boolean().default(false),
  replicas: z.array(replica).optional(),
  tags: tags.default({}),
  region: z.string().optional(),
  type: z.string().optional(),
});
export type SecretProperties = z.infer<typeof secretProperties>;

export const comparisons: Record<keyof SecretProperties, Comparison> = {
  name: { replaces: true, same: sameWhereGiven },
  namePrefix: { replaces: true, same: sameWhereGiven },
  region: { replaces: true, same: sameWhereGiven },
  type: { replaces: true, same: sameText },
  description: { replaces: false, same: sameText },
  kmsKeyId: { replaces: false, same: sameText },
  policy: { replaces: false, same: samePolicy },
  recoveryWindowInDays: { replaces: false, same: (old, next) => (old ?? 30) === (next ?? 30) },
  forceOverwriteReplicaSecret: { replaces: false, same: (old, next) => (old ?? false) === (next ?? false) },
  replicas: { replaces: false, same: sameReplicas },
  tags: { replaces: false, same: (old, next) => canonical(old ?? {}) === canonical(next ?? {}) },
};

export type Replica = z.infer<typeof replica>;

export interface SecretState {
  readonly arn: string;
  readonly name: string;
  /** Values that AWS does not have, or does not return. */
  readonly args: SecretProperties;
  readonly tags: Readonly<Record<string, string>>;
  readonly policy: string | undefined;
  readonly replicas: readonly PropertyValues[] | undefined;
}

export function fromAws(
  args: SecretProperties,
  id: string,
  described: DescribeSecretResponse,
  policy: string | undefined,
): SecretState {
  const replicas = described.ReplicationStatus?.map((status) =>
    present({
      region: status.Region,
      kmsKeyId: status.KmsKeyId ?? "",
      status: status.Status,
      statusMessage: status.StatusMessage,
      lastAccessedDate: status.LastAccessedDate?.toISOString(),
    }),
  );
  return {
    arn: described.ARN ?? id,
    name: described.Name ?? "",
    args: { ...args, description: described.Description, kmsKeyId: described.KmsKeyId },
    tags: fromAwsTags(described.Tags ?? []),
    // The program's own formatting stays if it means the same.
    policy: policy !== undefined && samePolicy(policy, args.policy) ? (args.policy ?? policy) : policy,
    replicas,
  };
}

export function toOutputs({ arn, name, args, tags: tagged, policy, replicas }: SecretState): PropertyValues {
  return present({
    arn,
    name,
    namePrefix: args.namePrefix ?? "",
    description: args.description ?? "",
    kmsKeyId: args.kmsKeyId ?? "",
    policy: policy ?? "",
    recoveryWindowInDays: args.recoveryWindowInDays,
    forceOverwriteReplicaSecret: args.forceOverwriteReplicaSecret,
    replicas: replicas ?? [],
    tags: tagged,
    tagsAll: tagged,
    region: args.region ?? defaultRegion(),
    type: args.type,
  });
}

/** Derives the inputs with which an imported secret would have been created. */
export function toInputs(outputs: PropertyValues): PropertyValues {
  const given = Object.entries(outputs).filter(
    ([key, value]) => key in comparisons && key !== "replicas" && value !== "",
  );
  return {
    ...Object.fromEntries(given),
    __defaults: ["recoveryWindowInDays", "forceOverwriteReplicaSecret"],
  };
}

export function failuresOf(news: unknown): CheckFailure[] {
  const failures: CheckFailure[] = [];
  const known = Object.fromEntries(
    Object.entries(z.record(z.string(), z.unknown()).parse(news)).filter(([, value]) => !isUnknown(value)),
  );
  const parsed = secretProperties.safeParse(known);
  if (!parsed.success) {
    return parsed.error.issues.map((issue) => ({ property: issue.path.join("."), reason: issue.message }));
  }
  const { name, namePrefix, policy, recoveryWindowInDays: days } = parsed.data;
  const refuse = (property: string, reason: string): void => {
    failures.push({ property, reason });
  };
  if (name !== undefined && !/^[0-9A-Za-z/_+=.@-]{1,512}$/.test(name)) {
    refuse("name", "must be 1 to 512 of the characters 0-9 A-Z a-z / _ + = . @ -");
  }
  if (name !== undefined && namePrefix !== undefined) refuse("namePrefix", "conflicts with name");
  if (days !== 0 && !(Number.isInteger(days) && days >= 7 && days <= 30)) {
    refuse("recoveryWindowInDays", "must be 0, or from 7 to 30");
  }
  if (policy !== undefined && policy !== "" && canonicalJson(policy) === undefined) {
    refuse("policy", "must be valid JSON");
  }
  return failures;
}

export function defaultsOf(inputs: PropertyValues): readonly string[] {
  return z.array(z.string()).catch([]).parse(inputs["__defaults"]);
}

export function samePolicy(old: unknown, next: unknown): boolean {
  if (next === undefined || next === "") return true;
  const [before, after] = [old, next].map((text) =>
    typeof text === "string" && text !== "" ? canonicalJson(text) : "{}",
  );
  return before === after;
}

function sameReplicas(old: unknown, next: unknown): boolean {
  if (next === undefined) return true;
  const before = z.array(replica).catch([]).parse(old);
  const after = z.array(replica).catch([]).parse(next);
  return (
    before.length === after.length && after.every((one) => before.some((other) => sameReplica(one, other)))
  );
}

/** A replica without a key of its own has AWS's, which AWS may name. */
export function sameReplica(one: Replica, other: Replica): boolean {
  return one.region === other.region && (!one.kmsKeyId || !other.kmsKeyId || one.kmsKeyId === other.kmsKeyId);
}

export function canonicalJson(text: string): string | undefined {
  try {
    return canonical(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Writes a JSON value with sorted keys, so that equal values have equal texts. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** Tags that start with `aws:` are AWS's own and cannot be set. */
function fromAwsTags(tagged: readonly Tag[]): Record<string, string> {
  return Object.fromEntries(
    tagged.flatMap(({ Key, Value }) => (Key && !Key.startsWith("aws:") ? [[Key, Value ?? ""]] : [])),
  );
}
