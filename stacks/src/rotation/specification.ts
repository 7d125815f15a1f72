import {
  type AuthMethod,
  type DocumentsScope,
  isSamePublicKey,
  parsePublicKey,
} from "pulumi-resistant-tenants/internal/vocabulary";

import type { CustomerKey } from "../configuration/customer-key";

/** What an application is created with. Any change makes another application. */
export interface Specification {
  scopes: readonly DocumentsScope[];
  authMethod: AuthMethod;
  /** The customer's own key; absent if the stack creates the key pair, or there is none. */
  customerKey?: { publicKey: string | Record<string, unknown>; keyId: string };
}

/**
 * Returns the specification of a configuration.
 *
 * @param heldKeyId the id of the customer's key in use, if there is one. An earlier release used a JWK's thumbprint as
 * its id, even if it has a `kid`: such an application keeps it.
 */
export async function toSpecification(
  { scopes, authMethod, publicKey, keyId }: CustomerKey & Pick<Specification, "scopes" | "authMethod">,
  heldKeyId?: string,
): Promise<Specification> {
  if (publicKey === undefined) return { scopes, authMethod };
  const { thumbprint, defaultKeyId } = await parsePublicKey(publicKey);
  const unnamed = heldKeyId === thumbprint ? thumbprint : defaultKeyId;
  return { scopes, authMethod, customerKey: { publicKey, keyId: keyId ?? unnamed } };
}

/** Returns the configuration names of the differences. The order of scopes and the form of a key do not matter. */
export function differences(one: Specification, other: Specification): string[] {
  const scopes = new Set([...one.scopes, ...other.scopes]).size;
  return [
    ...(scopes !== new Set(one.scopes).size || scopes !== new Set(other.scopes).size ? ["scopes"] : []),
    ...(one.authMethod === other.authMethod ? [] : ["authMethod"]),
    ...(isSameKey(one.customerKey, other.customerKey) ? [] : ["publicKey"]),
    ...(one.customerKey?.keyId === other.customerKey?.keyId ||
    one.customerKey === undefined ||
    other.customerKey === undefined
      ? []
      : ["keyId"]),
  ];
}

function isSameKey(one: Specification["customerKey"], other: Specification["customerKey"]): boolean {
  if (one === undefined || other === undefined) return one === other;
  return isSamePublicKey(one.publicKey, other.publicKey);
}
