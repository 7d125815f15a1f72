import type { AuthMethod, Cell, DocumentsScope, Stage } from "pulumi-resistant-tenants";
import {
  secretNameOf,
  type SignatureAlgorithm,
  slotName,
} from "pulumi-resistant-tenants/internal/vocabulary";

/** The value of one application's secret: what a Documents API client needs, and nothing else. */
export interface StoredSecret {
  stage: Stage;
  cell: Cell;
  tenant_id: string;
  application_id: string;
  client_id: string;
  auth_method: AuthMethod;
  /** For CLIENT_SECRET. */
  client_secret?: string;
  /** For RSA and EC, PKCS#8 PEM, unless the customer has the key. */
  private_key?: string;
  /** For RSA and EC: the `kid` of a client assertion. */
  key_id?: string;
  /** For RSA and EC: the algorithm of a client assertion. */
  alg?: SignatureAlgorithm;
  token_url: string;
  documents_api_url: string;
  scopes: DocumentsScope[];
}

/** Returns the name of an application's secret: `<secretPrefix>/<stage>/<customer>/<cell>/<purpose>`. */
export function secretName(
  { secretPrefix, stage, name }: { secretPrefix: string; stage: Stage; name: string },
  { cell, purpose }: { cell: Cell; purpose: string },
): string {
  return secretNameOf(secretPrefix, stage, slotName(name, { cell, purpose }));
}

/** Returns the tags of an application's secret. */
export function secretTags<TenantId>(
  { stage, name, customerId, owner }: SecretOwner,
  cell: Cell,
  tenantId: TenantId,
): Record<string, string | TenantId> {
  return {
    stage,
    cell,
    customer: name,
    customerId,
    tenant_id: tenantId,
    ...(owner === undefined ? {} : { owner }),
  };
}

/** Identifies the owner of a secret. */
interface SecretOwner {
  stage: Stage;
  name: string;
  customerId: string;
  owner?: string | undefined;
}
