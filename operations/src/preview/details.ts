import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";

import { secretType, tenantApplicationType, tenantType } from "pulumi-resistant-tenants/internal/operator";

import { readersOf } from "./readers";
import type { ResourceState, Step } from "./step";

/** One property that an approver reviews, before and after. It is never a secret value. */
export interface Detail {
  what: string;
  before?: string;
  after?: string;
}

/** The engine's placeholder for a value that is known only during the update. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Inputs that decide nothing: internal data of the SDK and the providers. */
const bookkeeping = new Set([
  "__provider",
  "__defaults",
  "forceOverwriteReplicaSecret",
  "formerUrn",
  "secretString",
  "slot",
]);

const labels: Readonly<Record<string, string>> = {
  authMethod: "authentication method",
  keyId: "key id",
  publicKey: "public key",
  tenantId: "tenant",
  policy: "readers",
  kmsKeyId: "KMS key",
  recoveryWindowInDays: "recovery window",
};

/** The inputs that are reported for a new resource; those that follow from its name are not. */
const toldOfNew: Readonly<Record<string, readonly string[]>> = {
  [tenantType]: ["cells", "adopt"],
  [tenantApplicationType]: ["scopes", "authMethod", "keyId", "adopt"],
  [secretType]: ["policy", "kmsKeyId", "recoveryWindowInDays", "replicas"],
};

/**
 * Returns the properties that a step changes.
 *
 * @param before the resource to compare with: as it was, or the previous generation
 */
export function detailsOf({ type, after }: Step, before: ResourceState | undefined): Detail[] {
  if (after === undefined) return [];
  if (before !== undefined) return [...changedInputs(before, after), ...changedProtection(before, after)];
  return (toldOfNew[type] ?? []).flatMap((key) => {
    const told = tell(key, after.inputs[key]);
    return told === undefined ? [] : [{ what: labelOf(key), after: told }];
  });
}

/** Returns the inputs that differ. */
export function changedInputs(before: ResourceState, after: ResourceState): Detail[] {
  const [was, is] = [flat(before.inputs), flat(after.inputs)];
  const keys = [...new Set([...was.keys(), ...is.keys()])].sort();
  return keys.flatMap((key) => {
    const [one, other] = [was.get(key), is.get(key)];
    if (isDeepStrictEqual(inOrder(key, one), inOrder(key, other))) return [];
    // The key pair is created in the same update; its id shows the same difference.
    if (key === "publicKey" && other === unknownValue) return [];
    const [told, toldNow] = [tell(key, one), tell(key, other)];
    return [
      {
        what: labelOf(key),
        ...(told === undefined ? {} : { before: told }),
        ...(toldNow === undefined ? {} : { after: toldNow }),
      },
    ];
  });
}

/**
 * Returns what an application is created with, by input. It omits the id and public half of a generated key
 * pair, and that the application was adopted.
 *
 * @param key the key pair that is generated for it
 */
export function specificationOf({ inputs }: ResourceState, key: Step | undefined): Map<string, unknown> {
  const fields = flat(inputs);
  fields.delete("adopt");
  const ownKey = [unknownValue, key?.before?.outputs["publicKeyPem"]];
  if (key !== undefined && ownKey.includes(fields.get("publicKey"))) {
    fields.delete("publicKey");
    fields.delete("keyId");
  }
  const scopes = fields.get("scopes");
  if (scopes !== undefined) fields.set("scopes", inOrder("scopes", scopes));
  return fields;
}

/** The engine counts a resource as unchanged if only its protection changes. */
export function changedProtection(before: ResourceState, after: ResourceState): Detail[] {
  if (before.protect === after.protect) return [];
  return [{ what: "protected", before: yesOrNo(before.protect), after: yesOrNo(after.protect) }];
}

function yesOrNo(value: boolean): string {
  return value ? "yes" : "no";
}

function flat(inputs: Readonly<Record<string, unknown>>): Map<string, unknown> {
  return new Map(
    Object.entries(inputs)
      .filter(([key]) => !bookkeeping.has(key))
      .flatMap(([key, value]) =>
        key === "tags" && typeof value === "object" && value !== null
          ? Object.entries(value).map(([tag, each]): [string, unknown] => [`tag ${tag}`, each])
          : [[key, value] as [string, unknown]],
      ),
  );
}

/** The order of scopes has no meaning. */
function inOrder(key: string, value: unknown): unknown {
  return key === "scopes" && Array.isArray(value) ? [...(value as unknown[])].sort() : value;
}

function labelOf(key: string): string {
  return labels[key] ?? key;
}

/** Writes a detail in one line: `readers: a → b`. */
export function describeDetail({ what, before, after }: Detail): string {
  return `${what}: ${before ?? "none"} → ${after ?? "none"}`;
}

/** Writes the value of an input for people; undefined if there is none. */
export function tell(key: string, value: unknown): string | undefined {
  if (key === "policy") return readersOf(value);
  if (value === undefined || value === null || value === "") return undefined;
  if (value === unknownValue) return "known after it is created";
  if (key === "publicKey") return fingerprint(value);
  if (key === "recoveryWindowInDays") return `${JSON.stringify(value)} days`;
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) {
    return [...value].sort().join(", ");
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}

function fingerprint(key: unknown): string {
  const text = typeof key === "string" ? key.trim() : JSON.stringify(key);
  return `SHA-256 ${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
}
