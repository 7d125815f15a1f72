import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";

import { newClientId } from "./tokens";

/** The length of the key that is made at the start, in bits. */
const modulusLength = 2048;

/** What of the client outlives a restart. */
export interface KeptClient {
  clientId: string;
  privateKeyPem: string;
}

/** The organization's client, and the public keys that are registered for it. */
export class OrganizationClient {
  readonly clientId: string;
  /** The id of the key that is made at the start. */
  readonly keyId = "sandbox-organization-key";
  /** The private half of that key, PKCS#8. */
  readonly privateKeyPem: string;
  readonly #keys = new Map<string, KeyObject>();

  /** @param kept - the client of an earlier start; default: a new one */
  constructor(kept?: KeptClient) {
    this.clientId = kept?.clientId ?? newClientId();
    this.privateKeyPem = kept?.privateKeyPem ?? newPrivateKey();
    this.#keys.set(this.keyId, createPublicKey(this.privateKeyPem));
  }

  get keys(): ReadonlyMap<string, KeyObject> {
    return this.#keys;
  }

  /**
   * Registers a public key, in place of the one with the same id if there is one.
   *
   * @param publicKeyPem - SPKI
   * @throws TypeError if it is not a public RSA key
   */
  register(publicKeyPem: string, keyId: string): void {
    // createPublicKey would also take a private key, and no private key but our own has any business here.
    if (!publicKeyPem.includes("-----BEGIN PUBLIC KEY-----")) {
      throw new TypeError("the organization's key must be a public key, PEM (SPKI)");
    }
    const key = createPublicKey(publicKeyPem);
    if (key.asymmetricKeyType !== "rsa") {
      throw new TypeError("the organization's key must be an RSA key");
    }
    this.#keys.set(keyId, key);
  }

  /** @throws TypeError if no key has this id */
  unregister(keyId: string): void {
    if (!this.#keys.delete(keyId)) {
      throw new TypeError(`the organization has no key ${keyId}`);
    }
  }
}

function newPrivateKey(): string {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}
