import { randomBytes, randomInt } from "node:crypto";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Makes a client id that looks like the vendor's: `0oa` and 17 letters and digits. */
export function newClientId(): string {
  const tail = Array.from({ length: 17 }, () => alphabet.charAt(randomInt(alphabet.length)));
  return `0oa${tail.join("")}`;
}

/** Makes a secret of 384 bits: a client secret or an access token. */
export function newSecret(): string {
  return randomBytes(48).toString("base64url");
}
