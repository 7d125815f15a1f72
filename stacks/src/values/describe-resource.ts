import {
  secretType,
  secretVersionType,
  signingKeyType,
  tenantApplicationType,
  tenantType,
} from "pulumi-resistant-tenants/internal/resource-types";

/** A resource, as the stack names it. */
export interface NamedResource {
  type: string;
  /** Its name in the stack: `<customer>`, or `<customer>/<cell>/<purpose>[/<generation>]`. */
  name: string;
}

const nouns: Record<string, string> = {
  [tenantType]: "tenant",
  [tenantApplicationType]: "application",
  [signingKeyType]: "signing key",
  [secretType]: "secret",
  [secretVersionType]: "stored credential",
};

/** Names a resource for people: `tenant "acme"`, `secret "acme/eu-1/default"`. */
export function describeResource({ type, name }: NamedResource): string {
  return `${nouns[type] ?? type} "${name}"`;
}
