import { z } from "zod";

import { methodOf, type SignatureAlgorithm, signatureAlgorithms } from "../../client/auth-methods";
import { parsePublicKey } from "../../client/public-key";
import {
  type CheckFailure,
  checkInputs,
  type Properties,
  withoutProvider,
  withoutUndefined,
} from "../engine/inputs";
import { reporting } from "../engine/report";
import { hasModulus, type KeyPair } from "../run/key-pair";
import type { Run } from "../run/run";
import type { ConfigureRequest } from "../run/session";
import { provenCredentials } from "./adopted-credentials";
import { publicHalf } from "./adopted-secret";
import { adoptsAnother, type KeyAdoption, keyAdoptionSchema } from "./adoption";

/** The default modulus length of an RSA key, in bits. The API requires more than 2048. */
const defaultModulusLength = 3072;

const inputsSchema = z.strictObject(
  {
    algorithm: z.enum(signatureAlgorithms, { error: `must be ${signatureAlgorithms.join(" or ")}` }),
    modulusLength: z
      .int("must be a whole number of bits")
      .gt(2048, "must be more than 2048 bits: the vendor accepts no shorter key")
      .max(16384, "must be at most 16384 bits")
      .optional(),
    adopt: keyAdoptionSchema.optional(),
  },
  {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? "is not an input of SigningKey: remove it or correct its name"
        : undefined,
  },
);

/** The part of a key's state that is needed again, in addition to its inputs. */
const stateSchema = z.looseObject({ adopt: z.looseObject({ applicationId: z.string() }).optional() });

/**
 * The `SigningKey` resource's operations. They send nothing that changes anything: the key is stored in the
 * encrypted state. An adopted key is read once, and proved to be the application's by getting a token with
 * it.
 */
class SigningKeyOperations {
  constructor(private readonly run: Run) {}

  configure(request: ConfigureRequest): void {
    this.run.configure(request);
  }

  check(_olds: Properties, news: Properties): { inputs: Properties; failures: CheckFailure[] } {
    const failures = checkInputs(inputsSchema, news);
    if (news["modulusLength"] !== undefined && !hasModulus(news["algorithm"])) {
      failures.push({
        property: "modulusLength",
        reason: `is only for RSA keys: remove it with ${String(news["algorithm"])}`,
      });
    }
    if (news["adopt"] !== undefined && news["modulusLength"] !== undefined) {
      failures.push({
        property: "modulusLength",
        reason: "is only for keys that are created here: remove it with adopt",
      });
    }
    return { inputs: news, failures };
  }

  diff(_id: string, olds: Properties, news: Properties): { changes: boolean; replaces: string[] } {
    const replaces = [
      ...(news["algorithm"] !== olds["algorithm"] ? ["algorithm"] : []),
      ...(hasModulus(news["algorithm"]) &&
      (news["modulusLength"] ?? defaultModulusLength) !== (olds["modulusLength"] ?? defaultModulusLength)
        ? ["modulusLength"]
        : []),
      ...(adoptsAnother(news["adopt"], stateSchema.parse(olds).adopt?.applicationId) ? ["adopt"] : []),
    ];
    return { changes: replaces.length > 0, replaces };
  }

  async create(inputs: Properties): Promise<{ id: string; outs: Properties }> {
    const { algorithm, modulusLength, adopt } = inputsSchema.parse(withoutProvider(inputs));
    const pair =
      adopt === undefined
        ? await this.run.surroundings.makeKeyPair(algorithm, modulusLength ?? defaultModulusLength)
        : await adoptKeyPair(this.run, algorithm, adopt);
    const { thumbprint } = await parsePublicKey(pair.publicKeyPem);
    return {
      id: thumbprint,
      outs: withoutUndefined({ algorithm, modulusLength, adopt, keyId: thumbprint, ...pair }),
    };
  }
}

/** Creates the `SigningKey` resource's operations in a run. */
export function signingKeyHandler(run: Run) {
  return reporting(run, new SigningKeyOperations(run));
}

async function adoptKeyPair(run: Run, algorithm: SignatureAlgorithm, adopt: KeyAdoption): Promise<KeyPair> {
  const credentials = await provenCredentials(run, adopt, methodOf(algorithm));
  if (!("privateKey" in credentials)) throw new TypeError("a client secret is not a key pair");
  const { privateKey, keyId } = credentials;
  return {
    publicKeyPem: publicHalf(privateKey),
    privateKeyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    keyId,
  };
}
