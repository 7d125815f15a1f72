import {
  type AuthMethod,
  type DocumentsScope,
  parsePublicKey,
  readPublicKey,
} from "pulumi-resistant-tenants/vocabulary";

import type { CustomerKey } from "../customer-key";

/** What an application is made with. A change of any makes another application. */
export interface Specification {
  scopes: readonly DocumentsScope[];
  authMethod: AuthMethod;
  /** The customer's own; absent where the stack makes the key pair, or there is none. */
  customerKey?: { publicKey: string | Record<string, unknown>; keyId: string };
}

/** Gives the specification that a configuration stands for. */
export async function toSpecification({
  scopes,
  authMethod,
  publicKey,
  keyId,
}: CustomerKey & Pick<Specification, "scopes" | "authMethod">): Promise<Specification> {
  if (publicKey === undefined) return { scopes, authMethod };
  const { thumbprint } = await parsePublicKey(publicKey);
  return { scopes, authMethod, customerKey: { publicKey, keyId: keyId ?? thumbprint } };
}

/** Names what differs, as it is called in the configuration. The order of scopes and the form of a key do not. */
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
  const [a, b] = [one, other].map(({ publicKey }) => {
    const numbers = readPublicKey(publicKey);
    return numbers.type === "RSA" ? `${numbers.n}` : `${numbers.x} ${numbers.y}`;
  });
  return a === b;
}
