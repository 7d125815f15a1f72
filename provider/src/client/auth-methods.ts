/**
 * The ways in which a tenant application proves who it is (the API's `AuthMethod`): a row for each. A method with a key
 * names the algorithm of its client assertions, and the type of its key as Node.js names it.
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
/** One of the ways in which a tenant application proves who it is. */
export type AuthMethod = keyof Table;
/** A method whose applications have a key pair. */
export type KeyMethod = { [M in AuthMethod]: Table[M]["credential"] extends "key" ? M : never }[AuthMethod];
/** A method whose applications have a secret of the vendor's making. */
export type SecretMethod = Exclude<AuthMethod, KeyMethod>;
/** How a client assertion is signed. */
export type SignatureAlgorithm = Table[KeyMethod]["algorithm"];

/** How a tenant application proves who it is: a secret of the vendor's making, or a key pair of the customer's own. */
export const authMethods = Object.keys(authMethodTable) as [AuthMethod, ...AuthMethod[]];
/** The methods with a key. */
export const keyMethods = authMethods.filter(hasKey) as [KeyMethod, ...KeyMethod[]];
/** The algorithms of client assertions. */
export const signatureAlgorithms = keyMethods.map((method) => authMethodTable[method].algorithm) as [
  SignatureAlgorithm,
  ...SignatureAlgorithm[],
];
/** The method of an application that names none. */
export const defaultAuthMethod = "CLIENT_SECRET" satisfies SecretMethod;

/** Tells whether the applications of a method have a key pair; the others have a secret of the vendor's making. */
export function hasKey(method: AuthMethod): method is KeyMethod {
  return authMethodTable[method].credential === "key";
}

/** Gives the algorithm of a method's client assertions. */
export function algorithmOf<M extends KeyMethod>(method: M): Table[M]["algorithm"] {
  return authMethodTable[method].algorithm;
}

/** Gives the method whose client assertions are signed so. */
export function methodOf(algorithm: SignatureAlgorithm): KeyMethod {
  return keyMethods.find((method) => algorithmOf(method) === algorithm) ?? keyMethods[0];
}
