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

/** The parts of a secret's value. */
export interface StoredParts {
  stage: Stage;
  cell: Cell;
  authMethod: AuthMethod;
  application: TenantApplication;
  /** The stack's own key pair; undefined if there is none, or the customer has the key. */
  key: SigningKey | undefined;
}

/** If anything in this run fails with an error that contains it, it is left out of the output. */
function noted<T extends string | undefined>(credential: pulumi.Output<T>): pulumi.Output<T> {
  return credential.apply((value) => {
    if (value !== undefined) noteCredential(value);
    return value;
  });
}

/** Returns the JSON value of an application's secret, which is known only when it is complete. */
export function storedValue({
  stage,
  cell,
  authMethod,
  application,
  key,
}: StoredParts): pulumi.Output<string> {
  // Only outputs of this method are read: in a preview an absent one counts as unknown.
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
