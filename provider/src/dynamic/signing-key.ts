import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import { z } from "zod";

import { parsePublicKey } from "../client/public-key";
import { type CheckFailure, checkInputs, type Properties, withoutProvider, withoutUndefined } from "./inputs";
import { reporting } from "./report";
import { configure } from "./session";

const generate = promisify(generateKeyPair);

/** The modulus of an RSA key whose length is not given, in bits. The API wants more than 2048. */
const defaultModulusLength = 3072;

const inputsSchema = z.strictObject(
  {
    algorithm: z.enum(["RS256", "ES256"], { error: "must be RS256 or ES256" }),
    modulusLength: z
      .int("must be a whole number of bits")
      .gt(2048, "must be more than 2048 bits: the vendor takes no shorter key")
      .max(16384, "must be at most 16384 bits")
      .optional(),
  },
  {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? "is not an input of SigningKey: remove it or mend its name"
        : undefined,
  },
);

/** The `SigningKey` resource's operations. They send nothing anywhere: the key lives in the state, encrypted. */
export const signingKey = reporting({
  configure,

  check(_olds: Properties, news: Properties): { inputs: Properties; failures: CheckFailure[] } {
    const failures = checkInputs(inputsSchema, news);
    if (news["algorithm"] === "ES256" && news["modulusLength"] !== undefined) {
      failures.push({ property: "modulusLength", reason: "is of RSA keys only: leave it out with ES256" });
    }
    return { inputs: news, failures };
  },

  diff(_id: string, olds: Properties, news: Properties): { changes: boolean; replaces: string[] } {
    const replaces = [
      ...(news["algorithm"] !== olds["algorithm"] ? ["algorithm"] : []),
      ...(news["algorithm"] === "RS256" &&
      (news["modulusLength"] ?? defaultModulusLength) !== (olds["modulusLength"] ?? defaultModulusLength)
        ? ["modulusLength"]
        : []),
    ];
    return { changes: replaces.length > 0, replaces };
  },

  async create(inputs: Properties): Promise<{ id: string; outs: Properties }> {
    const { algorithm, modulusLength } = inputsSchema.parse(withoutProvider(inputs));
    const { publicKeyPem, privateKeyPem } = await makeKeyPair(
      algorithm,
      modulusLength ?? defaultModulusLength,
    );
    const { thumbprint } = await parsePublicKey(publicKeyPem);
    return {
      id: thumbprint,
      outs: withoutUndefined({ algorithm, modulusLength, publicKeyPem, privateKeyPem, keyId: thumbprint }),
    };
  },
});

async function makeKeyPair(
  algorithm: "RS256" | "ES256",
  modulusLength: number,
): Promise<{ publicKeyPem: string; privateKeyPem: string }> {
  const publicKeyEncoding = { type: "spki", format: "pem" } as const;
  const privateKeyEncoding = { type: "pkcs8", format: "pem" } as const;
  const { publicKey, privateKey } =
    algorithm === "RS256"
      ? await generate("rsa", { modulusLength, publicExponent: 65537, publicKeyEncoding, privateKeyEncoding })
      : await generate("ec", { namedCurve: "P-256", publicKeyEncoding, privateKeyEncoding });
  return { publicKeyPem: publicKey, privateKeyPem: privateKey };
}
