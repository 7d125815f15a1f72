import * as pulumi from "@pulumi/pulumi";

import { providerSource } from "./provider-source";
import { signingKeyType } from "./resource-types";

/** The inputs of a {@link SigningKey}. A change of any makes another key. */
export interface SigningKeyArgs {
  /** `RS256` makes an RSA key, `ES256` an EC key on P-256. */
  algorithm: pulumi.Input<"RS256" | "ES256">;
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
 */
export class SigningKey extends pulumi.CustomResource {
  /** PKCS#8 PEM; a secret. */
  declare readonly privateKeyPem: pulumi.Output<string>;
  /** SPKI PEM. */
  declare readonly publicKeyPem: pulumi.Output<string>;
  /** The key's RFC 7638 thumbprint; of an adopted key, the id that its secret tells. */
  declare readonly keyId: pulumi.Output<string>;
  declare readonly algorithm: pulumi.Output<"RS256" | "ES256">;

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
