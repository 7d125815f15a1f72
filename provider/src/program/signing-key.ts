import * as pulumi from "@pulumi/pulumi";

import { type SignatureAlgorithm } from "../client/auth-methods";
import { signingKeyType } from "../names/resource-types";
import { providerSource } from "./slot";

/** The inputs of a {@link SigningKey}. A change of any makes another key. */
export interface SigningKeyArgs {
  /** `RS256` makes an RSA key, `ES256` an EC key on P-256. */
  algorithm: pulumi.Input<SignatureAlgorithm>;
  /** The RSA modulus in bits, more than 2048; default 3072. */
  modulusLength?: pulumi.Input<number>;
  /**
   * Takes over the key of an existing application instead of making one: the secret (ARN) in Secrets Manager holds its
   * private half, as PEM or as JSON with `private_key` and `key_id`. It is read once, and a token is got with it.
   * Removing it later is no difference; another application's is another key.
   */
  adopt?: pulumi.Input<{
    tenantId: pulumi.Input<string>;
    applicationId: pulumi.Input<string>;
    secretArn: pulumi.Input<string>;
  }>;
}

/**
 * A key pair for a tenant application: made once and kept in the state, encrypted, so that the application can be made
 * again without losing the key.
 *
 * @example
 * ```ts
 * const key = new SigningKey("acme-eu", { algorithm: "RS256", modulusLength: 3072 });
 * export const publicKey = key.publicKeyPem;
 * ```
 */
export class SigningKey extends pulumi.CustomResource {
  /**
   * The private key, PEM (PKCS#8). A secret: encrypted in the state, hidden in outputs.
   * @example `-----BEGIN PRIVATE KEY-----…`
   */
  declare readonly privateKeyPem: pulumi.Output<string>;
  /**
   * The public key, PEM (SPKI): what `TenantApplication` takes as `publicKey`.
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
      name,
      {
        privateKeyPem: undefined,
        publicKeyPem: undefined,
        keyId: undefined,
        ...args,
        __provider: providerSource("signingKey"),
      },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["privateKeyPem"] }),
    );
  }
}
