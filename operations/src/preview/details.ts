import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";

import { secretType, tenantApplicationType, tenantType } from "pulumi-resistant-tenants/internal/operator";

import { readersOf } from "./readers";
import type { ResourceState, Step } from "./step";

/** One property that an approver judges: what it was, and what it is to be. It is never a value that is secret. */
export interface Detail {
  what: string;
  before?: string;
  after?: string;
}

/** The engine's word for a value that is known only once the update runs. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Inputs that decide nothing: how the SDK and the providers keep their books. */
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

/** What is told of something new; what only follows from its name is not. */
const toldOfNew: Readonly<Record<string, readonly string[]>> = {
  [tenantType]: ["cells", "adopt"],
  [tenantApplicationType]: ["scopes", "authMethod", "keyId", "adopt"],
  [secretType]: ["policy", "kmsKeyId", "recoveryWindowInDays", "replicas"],
};

/**
 * Tells what a step makes otherwise, property by property.
 *
 * @param before what it is compared with: as it was, or the generation before
 */
export function detailsOf({ type, after }: Step, before: ResourceState | undefined): Detail[] {
  if (after === undefined) return [];
  if (before !== undefined) return [...changedInputs(before, after), ...changedProtection(before, after)];
  return (toldOfNew[type] ?? []).flatMap((key) => {
    const told = tell(key, after.inputs[key]);
    return told === undefined ? [] : [{ what: labelOf(key), after: told }];
  });
}

/** Tells which inputs differ. */
export function changedInputs(before: ResourceState, after: ResourceState): Detail[] {
  const [was, is] = [flat(before.inputs), flat(after.inputs)];
  const keys = [...new Set([...was.keys(), ...is.keys()])].sort();
  return keys.flatMap((key) => {
    const [one, other] = [was.get(key), is.get(key)];
    if (isDeepStrictEqual(inOrder(key, one), inOrder(key, other))) return [];
    // A key pair that is made with it: its id tells the same.
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
 * Gives what an application is made with, by the names of its inputs. The id and public half of a key pair that is made
 * for it are not of it, nor that it was adopted.
 *
 * @param key the key pair that is made, or was made, for it
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

/** The engine counts a resource as the same whose protection alone changes. */
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

/** The order of scopes is nobody's. */
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

/** Writes the value of an input for people; undefined stands for none. */
export function tell(key: string, value: unknown): string | undefined {
  if (key === "policy") return readersOf(value);
  if (value === undefined || value === null || value === "") return undefined;
  if (value === unknownValue) return "known once it is made";
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
