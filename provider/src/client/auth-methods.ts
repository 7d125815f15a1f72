/**
 * The authentication methods of tenant applications (the API's `AuthMethod`), a row each. A method with a key has the
 * algorithm of its client assertions, and the type of its key in Node.js.
 */
export const authMethodTable = {
  CLIENT_SECRET: { credential: "secret" },
  RSA: { credential: "key", algorithm: "RS256", keyType: "rsa" },
  EC: { credential: "key", algorithm: "ES256", keyType: "ec" },
} as const satisfies Record<
  string,
  { credential: "secret" } | { credential: "key"; algorithm: string; keyType: "rsa" | "ec" }
>;

type Table = typeof authMethodTable;
/** An authentication method of tenant applications. */
export type AuthMethod = keyof Table;
/** A method whose applications have a key pair. */
export type KeyMethod = { [M in AuthMethod]: Table[M]["credential"] extends "key" ? M : never }[AuthMethod];
/** A method whose applications have a secret that the vendor creates. */
export type SecretMethod = Exclude<AuthMethod, KeyMethod>;
/** How a client assertion is signed. */
export type SignatureAlgorithm = Table[KeyMethod]["algorithm"];

/** The smallest RSA key that signs, in bits: RFC 7518, sections 3.3 and 3.5. */
export const smallestModulusBits = 2048;

/** How a tenant application authenticates: by a secret that the vendor creates, or by a key pair. */
export const authMethods = Object.keys(authMethodTable) as [AuthMethod, ...AuthMethod[]];
/** The methods with a key. */
export const keyMethods = authMethods.filter(hasKey) as [KeyMethod, ...KeyMethod[]];
/** The methods with a secret. */
export const secretMethods = authMethods.filter(hasSecret) as [SecretMethod, ...SecretMethod[]];
/** The algorithms of client assertions. */
export const signatureAlgorithms = keyMethods.map((method) => authMethodTable[method].algorithm) as [
  SignatureAlgorithm,
  ...SignatureAlgorithm[],
];
/** The default method. */
export const defaultAuthMethod = "CLIENT_SECRET" satisfies SecretMethod;

/** Returns whether the applications of a method have a key pair. */
export function hasKey(method: AuthMethod): method is KeyMethod {
  return authMethodTable[method].credential === "key";
}

/** Returns whether the applications of a method have a secret that the vendor creates. An unknown method has none. */
export function hasSecret(method: string): method is SecretMethod {
  return authMethods.some((known) => known === method && !hasKey(known));
}

/** Returns the algorithm of a method's client assertions. */
export function algorithmOf<M extends KeyMethod>(method: M): Table[M]["algorithm"] {
  return authMethodTable[method].algorithm;
}

/** Returns the method whose client assertions use an algorithm. */
export function methodOf(algorithm: SignatureAlgorithm): KeyMethod {
  return keyMethods.find((method) => algorithmOf(method) === algorithm) ?? keyMethods[0];
}
