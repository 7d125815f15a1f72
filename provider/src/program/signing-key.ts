import * as pulumi from "@pulumi/pulumi";

import { type SignatureAlgorithm } from "../client/auth-methods";
import { signingKeyType } from "../names/resource-types";
import { ProvidedResource } from "./provided-resource";

/** The inputs of a {@link SigningKey}. Any change creates another key. */
export interface SigningKeyArgs {
  /** `RS256` creates an RSA key, `ES256` an EC key on P-256. */
  algorithm: pulumi.Input<SignatureAlgorithm>;
  /** The RSA modulus in bits, more than 2048. Default: 3072. */
  modulusLength?: pulumi.Input<number>;
  /**
   * Takes over the key of an existing application instead of creating one. The secret (ARN) in Secrets Manager contains
   * its private half, as PEM or as JSON with `private_key` and `key_id`. It is read once, and must get a token.
   * Removing `adopt` later changes nothing; another application means another key.
   */
  adopt?: pulumi.Input<{
    tenantId: pulumi.Input<string>;
    applicationId: pulumi.Input<string>;
    secretArn: pulumi.Input<string>;
  }>;
}

/**
 * A key pair for a tenant application: created once and stored encrypted in the state, so that the application can be
 * created again without losing the key.
 *
 * @example
 * ```ts
 * const key = new SigningKey("acme-eu", { algorithm: "RS256", modulusLength: 3072 });
 * export const publicKey = key.publicKeyPem;
 * ```
 */
export class SigningKey extends ProvidedResource {
  /**
   * The private key, PEM (PKCS#8). Encrypted in the state, hidden in outputs.
   * @example `-----BEGIN PRIVATE KEY-----…`
   */
  declare readonly privateKeyPem: pulumi.Output<string>;
  /**
   * The public key, PEM (SPKI), for `publicKey` of a `TenantApplication`.
   * @example `-----BEGIN PUBLIC KEY-----…`
   */
  declare readonly publicKeyPem: pulumi.Output<string>;
  /**
   * The key's RFC 7638 thumbprint; of an adopted key, the id in its secret.
   * @example `Xq3v0WkYb2c9m1L8d7TnR4sE6uPzHaJfGiOoKxVtQwY`
   */
  declare readonly keyId: pulumi.Output<string>;
  /**
   * The algorithm of its signatures, as given.
   * @example `ES256`
   */
  declare readonly algorithm: pulumi.Output<SignatureAlgorithm>;

  /**
   * Declares a key pair.
   *
   * @param name the resource's name in the stack
   */
  constructor(name: string, args: SigningKeyArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      signingKeyType,
      "signingKey",
      name,
      {
        privateKeyPem: undefined,
        publicKeyPem: undefined,
        keyId: undefined,
        ...args,
      },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["privateKeyPem"] }),
    );
  }
}
