import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";

import { newClientId } from "./tokens";

/** The length of the key that is created at the start, in bits. */
const modulusLength = 2048;

/** The client's data that survive a restart. */
export interface KeptClient {
  clientId: string;
  privateKeyPem: string;
}

/** The organization's client, and its registered public keys. */
export class OrganizationClient {
  readonly clientId: string;
  /** The id of the key that is created at the start. */
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
   * Registers a public key; replaces the one with the same id.
   *
   * @param publicKeyPem - SPKI
   * @throws TypeError if it is not a public RSA key
   */
  register(publicKeyPem: string, keyId: string): void {
    // createPublicKey would also accept a private key, which must not come here.
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
