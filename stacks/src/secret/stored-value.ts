import * as pulumi from "@pulumi/pulumi";
import {
  type AuthMethod,
  type Cell,
  documentsApiUrl,
  type SigningKey,
  type Stage,
  type TenantApplication,
} from "pulumi-resistant-tenants";
import { noteCredential } from "pulumi-resistant-tenants/internal/redaction";
import { algorithmOf, hasKey } from "pulumi-resistant-tenants/internal/vocabulary";

import type { StoredSecret } from "./stored-secret";

/** What the value of a secret is made of. */
export interface StoredParts {
  stage: Stage;
  cell: Cell;
  authMethod: AuthMethod;
  application: TenantApplication;
  /** The stack's own key pair; absent where there is none, or the customer keeps it. */
  key: SigningKey | undefined;
}

/** Should anything of this run fail with it, it is left out of what is printed. */
function noted<T extends string | undefined>(credential: pulumi.Output<T>): pulumi.Output<T> {
  return credential.apply((value) => {
    if (value !== undefined) noteCredential(value);
    return value;
  });
}

/** Gives the JSON value of an application's secret, known only when it is complete. */
export function storedValue({
  stage,
  cell,
  authMethod,
  application,
  key,
}: StoredParts): pulumi.Output<string> {
  // Only outputs that this method has are read: in a preview an absent one counts as not known yet.
  const credentials: pulumi.Inputs = hasKey(authMethod)
    ? {
        ...(key === undefined ? {} : { private_key: noted(key.privateKeyPem) }),
        key_id: application.keyId,
        alg: algorithmOf(authMethod),
      }
    : { client_secret: noted(application.clientSecret) };
  const value: { [Field in keyof StoredSecret]: pulumi.Input<StoredSecret[Field]> } = {
    stage,
    cell,
    tenant_id: application.tenantId,
    application_id: application.applicationId,
    client_id: application.clientId,
    auth_method: authMethod,
    ...credentials,
    token_url: application.tokenUrl,
    documents_api_url: documentsApiUrl(stage, cell),
    scopes: application.scopes,
  };
  return pulumi.jsonStringify(value);
}
