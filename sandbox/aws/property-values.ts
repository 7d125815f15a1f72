import { specialSecretSig, specialSigKey, unknownValue } from "@pulumi/pulumi/runtime/rpc";
import { z } from "zod";

/** The property values of a resource, as the engine sends them. */
export type PropertyValues = Readonly<Record<string, unknown>>;

const secretWrapper = z.looseObject({ [specialSigKey]: z.literal(specialSecretSig), value: z.unknown() });
const properties = z.record(z.string(), z.unknown());

/** Narrows the engine's values to property values. */
export function toProperties(value: unknown): PropertyValues {
  return properties.parse(value ?? {});
}

/** Marks a value as a secret, so that the engine encrypts it and never shows it. */
export function secret(value: unknown): unknown {
  return { [specialSigKey]: specialSecretSig, value };
}

/** Returns the value without its secret marks, at any depth. */
export function plain(value: unknown): unknown {
  const wrapped = secretWrapper.safeParse(value);
  if (wrapped.success) return plain(wrapped.data["value"]);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

/** Returns whether a value is or contains a secret. */
export function holdsSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return secretWrapper.safeParse(value).success || Object.values(value).some(holdsSecret);
}

/** Returns whether a plain value is or contains one that is not known yet, in a preview. */
export function isUnknown(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.values(value).some(isUnknown);
  return value === unknownValue;
}

/** Removes undefined values, which the engine's wire format lacks. */
export function present(values: PropertyValues): PropertyValues {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** Marks each output as a secret whose input of the same name is one. */
export function withSecretsOf(inputs: PropertyValues, outputs: PropertyValues): PropertyValues {
  return Object.fromEntries(
    Object.entries(outputs).map(([key, value]) => [
      key,
      holdsSecret(inputs[key]) && !holdsSecret(value) ? secret(value) : value,
    ]),
  );
}
