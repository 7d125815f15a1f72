import type { AuthMethod } from "pulumi-resistant-tenants";
import { readPublicKey, visible } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { shown, yamlText } from "./problems";
import type { RotationConfiguration } from "./rotation";

/** A public key whose private half only the customer has. */
export interface CustomerKey {
  /** PEM (SPKI) or a JWK. */
  publicKey?: string | Record<string, unknown> | undefined;
  /** The key's id (`kid`); default: the `kid` of a JWK, else its RFC 7638 thumbprint. */
  keyId?: string | undefined;
}

const noKey = "must be a public key: PEM (BEGIN PUBLIC KEY) or a JWK";

/** The members of a JWK that are text, RFC 7517 and 7518. */
const textMembers = ["kty", "kid", "use", "alg", "crv", "x", "y", "n", "e"];

/** The fields of an application for such a key. */
export const customerKeyFields = {
  publicKey: z
    .union([z.string().min(1, noKey), z.record(z.string(), z.unknown())], { error: noKey })
    .optional()
    .describe("The customer's own public key (`RSA`, `EC`): PEM (SPKI) or a JWK."),
  keyId: yamlText()
    .min(1, { error: "must not be empty", abort: true })
    .refine((text) => text.trim() !== "", "must not be empty")
    .max(256, "must be at most 256 characters")
    .regex(visible, "contains control characters or invisible ones")
    .optional()
    .describe(
      "`kid` of `publicKey`, at most 256 characters. Default: a JWK's own, else the RFC 7638 thumbprint.",
    ),
};

/** A wrong field of an application. */
interface KeyProblem {
  field: "publicKey" | "keyId" | "rotation";
  problem: string;
}

/** Checks that an application's key matches the rest of its configuration, and that the API accepts it. */
export function customerKeyProblems({
  publicKey,
  keyId,
  authMethod,
  rotation,
  adopt,
}: CustomerKey & {
  authMethod: AuthMethod;
  rotation?: RotationConfiguration | "none" | undefined;
  adopt?: object | undefined;
}): KeyProblem[] {
  if (publicKey === undefined) {
    return keyId === undefined
      ? []
      : [{ field: "keyId", problem: "is only for an application with `publicKey`: remove it" }];
  }
  return [
    ...publicKeyProblems(publicKey, authMethod),
    ...calendarProblems(rotation),
    ...(adopt === undefined
      ? []
      : [
          {
            field: "publicKey" as const,
            problem: "cannot be combined with `adopt`: an adopted application has its key already",
          },
        ]),
  ];
}

function publicKeyProblems(publicKey: unknown, authMethod: AuthMethod): KeyProblem[] {
  const notText = membersNotText(publicKey);
  if (notText.length > 0) return notText;
  try {
    const { type } = readPublicKey(publicKey);
    if (type === authMethod) return [];
    const problem = `is a key of type ${type}, but authMethod is ${authMethod}: set \`authMethod: ${type}\`, or use another key`;
    return [{ field: "publicKey", problem }];
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return [{ field: "publicKey", problem: error.message }];
  }
}

/** In YAML, `kid: 0012345` is a number, and `kid: 2026-11-24` an instant. */
function membersNotText(publicKey: unknown): KeyProblem[] {
  if (typeof publicKey !== "object" || publicKey === null) return [];
  const members = Object.entries(publicKey).filter(([member]) => textMembers.includes(member));
  return members.flatMap(([member, value]) => {
    const [issue] = yamlText().safeParse(value).error?.issues ?? [];
    if (issue === undefined) return [];
    const problem = `\`${member}\` is ${shown(JSON.stringify(value))}, but ${issue.message.replace(/^is /, "that is ")}`;
    return [{ field: "publicKey" as const, problem }];
  });
}

function calendarProblems(rotation: RotationConfiguration | "none" | undefined): KeyProblem[] {
  if (rotation === undefined || rotation === "none") return [];
  if (rotation.every === undefined && rotation.rotateAt.length === 0) return [];
  const problem =
    "cannot follow a calendar with the customer's own `publicKey`: another `publicKey` rotates it. " +
    "Write {overlap: 7d, changes: immediately}, or remove it";
  return [{ field: "rotation", problem }];
}
