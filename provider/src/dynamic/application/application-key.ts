import type { Authentication } from "../../client/api";
import { defaultAuthMethod, hasKey, keyMethods } from "../../client/auth-methods";
import { isSamePublicKey, parsePublicKey, readPublicKey } from "../../client/public-key";
import { type CheckFailure, isUnknown, type Properties } from "../engine/inputs";
import { type Inputs, inputsSchema, type State } from "./tenant-application-model";

/** Checks that an application's key matches its authentication method, and that the API accepts it. */
export function checkKey(news: Properties): CheckFailure[] {
  const { publicKey, keyId } = news;
  const authMethod = inputsSchema.shape.authMethod.safeParse(news["authMethod"]).data ?? defaultAuthMethod;
  if (isUnknown(news["authMethod"])) return [];
  if (!hasKey(authMethod)) {
    const given = { publicKey, keyId };
    return Object.entries(given).flatMap(([property, value]) =>
      value === undefined
        ? []
        : [
            {
              property,
              reason: `is only for the authentication methods ${keyMethods.join(" and ")}: remove it, or set authMethod`,
            },
          ],
    );
  }
  if (publicKey === undefined) {
    return [
      {
        property: "publicKey",
        reason: `must be given with authMethod ${authMethod}: PEM or a JWK, for example a SigningKey's publicKeyPem`,
      },
    ];
  }
  if (isUnknown(publicKey)) return [];
  try {
    const numbers = readPublicKey(publicKey);
    return numbers.type === authMethod
      ? []
      : [
          {
            property: "publicKey",
            reason: `is a key of type ${numbers.type}, but authMethod is ${authMethod}: correct one of them`,
          },
        ];
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return [{ property: "publicKey", reason: error.message }];
  }
}

/**
 * Returns whether the key or its id has changed; the key's format does not matter. Without a `keyId`, either
 * default counts as unchanged: an earlier release used the thumbprint of a JWK that has a `kid`.
 */
export async function changedKey(
  state: State,
  news: Properties,
): Promise<{ publicKey: boolean; keyId: boolean }> {
  const { publicKey, keyId } = news;
  if (publicKey === undefined || state.publicKey === undefined) {
    return { publicKey: publicKey !== state.publicKey, keyId: keyId !== undefined && keyId !== state.keyId };
  }
  if (isUnknown(publicKey) || isUnknown(keyId))
    return { publicKey: isUnknown(publicKey), keyId: isUnknown(keyId) };
  const now = await parsePublicKey(publicKey);
  return {
    publicKey: !isSamePublicKey(publicKey, state.publicKey),
    keyId: !(keyId === undefined ? [now.defaultKeyId, now.thumbprint] : [keyId]).includes(state.keyId ?? ""),
  };
}

/** Returns how a new application authenticates. */
export async function toAuthentication(wanted: Inputs): Promise<Authentication> {
  const { authMethod = defaultAuthMethod } = wanted;
  if (!hasKey(authMethod)) return { type: authMethod };
  const { numbers, defaultKeyId } = await parsePublicKey(wanted.publicKey);
  return { ...numbers, keyId: wanted.keyId ?? defaultKeyId };
}
