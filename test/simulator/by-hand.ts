import { parsePublicKey } from "../../provider/src/client/public-key";
import type { KeyPair } from "../../provider/src/dynamic/run/key-pair";
import type { RequestedAuthentication } from "../../sandbox/api/tenants";
import type { DocumentsScope } from "../../sandbox/api/vocabulary";
import type { SimulatedApi } from "./api";

/** The value of a secret that somebody else has stored. */
export interface Credential {
  application_id: string;
  client_id?: string;
  client_secret?: string | undefined;
  private_key?: string;
  key_id?: string;
}

/** The id of each key that somebody else has registered. */
export const keyIdByHand = "by-hand";

/**
 * Makes an application in cell `eu-1`, as somebody else would, with a key that has its own id.
 *
 * @returns Resolves with its credential.
 */
export async function makeKeyedByHand(
  api: SimulatedApi,
  tenantId: string,
  scopes: DocumentsScope[],
  { publicKeyPem, privateKeyPem }: KeyPair,
): Promise<Credential> {
  const { numbers } = await parsePublicKey(publicKeyPem);
  const key = { ...numbers, kid: keyIdByHand } as RequestedAuthentication;
  const application_id = api.makeApplication(tenantId, "eu-1", scopes, key);
  return { application_id, private_key: privateKeyPem, key_id: keyIdByHand };
}
