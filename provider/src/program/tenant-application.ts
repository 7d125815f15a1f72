import * as pulumi from "@pulumi/pulumi";

import type { AuthMethod } from "../client/auth-methods";
import type { Cell } from "../client/cells";
import type { DocumentsScope } from "../client/schemas";
import { tenantApplicationType } from "../names/resource-types";
import type { ToldOfRun } from "../names/slot";
import { guardAdoption } from "./guards";
import { ProvidedResource } from "./provided-resource";
import { slotOf } from "./slot";

/** The inputs of a {@link TenantApplication}. A change of any is a replacement. */
export interface TenantApplicationArgs {
  /** The tenant that the client belongs to. */
  tenantId: pulumi.Input<string>;
  /** The region it is bound to. */
  cell: pulumi.Input<Cell>;
  /** What it may do at the Documents API. Default: both scopes. The order does not matter. */
  scopes?: pulumi.Input<pulumi.Input<DocumentsScope>[]>;
  /** How it authenticates. Default: `CLIENT_SECRET`, a secret that the vendor creates. */
  authMethod?: pulumi.Input<AuthMethod>;
  /** With RSA and EC, the public key: PEM (SPKI) or a JWK. RSA needs more than 2048 bits, EC the curve P-256. */
  publicKey?: pulumi.Input<string | Record<string, unknown>>;
  /** With RSA and EC, the key's id (`kid`). Default: the `kid` of a JWK, else its RFC 7638 thumbprint. */
  keyId?: pulumi.Input<string>;
  /**
   * Takes over an existing application instead of creating one: its id, and the ARN of the secret in Secrets Manager
   * with its client secret (RSA, EC: the private half of `publicKey`), either the value itself or JSON in the format of
   * the stored secret. The application must match its declaration, and its credentials must get a token before anything
   * is recorded. Removing `adopt` later changes nothing; another id is a replacement.
   */
  adopt?: pulumi.Input<{ applicationId: pulumi.Input<string>; secretArn: pulumi.Input<string> }>;
}

/**
 * A tenant application: an OAuth2 machine-to-machine client in a tenant.
 *
 * Its credentials are returned once, at creation, and stored encrypted in the state. There is no update operation: for
 * a change, a new application is created before the old one is deleted.
 *
 * @example With a secret that the vendor creates
 * ```ts
 * const tenant = new Tenant("acme", { name: "acme" });
 * const application = new TenantApplication("acme-eu", { tenantId: tenant.tenantId, cell: "eu-1" });
 * export const { clientId, clientSecret, tokenUrl } = application;
 * ```
 * @example With a key pair whose public half goes to the vendor
 * ```ts
 * const tenant = new Tenant("acme", { name: "acme" });
 * const key = new SigningKey("acme-eu", { algorithm: "ES256" });
 * const application = new TenantApplication("acme-eu", {
 *   tenantId: tenant.tenantId,
 *   cell: "eu-1",
 *   authMethod: "EC",
 *   publicKey: key.publicKeyPem,
 *   keyId: key.keyId,
 *   scopes: ["documents.submissions.read"],
 * });
 * ```
 */
export class TenantApplication extends ProvidedResource {
  /**
   * The application's id, from the vendor.
   * @example `bR7nY2pL9vC`
   */
  declare readonly applicationId: pulumi.Output<string>;
  /**
   * The OAuth2 client id of its token requests.
   * @example `0oa9x1exampleclient`
   */
  declare readonly clientId: pulumi.Output<string>;
  /**
   * The client secret, with `CLIENT_SECRET` only. Encrypted in the state, hidden in outputs.
   * @example `application.clientSecret.apply((secret) => storeIt(secret))`
   */
  declare readonly clientSecret: pulumi.Output<string | undefined>;
  /**
   * The base URL of the authorization server of its cell.
   * @example `https://eu.id.resistant.ai/oauth2/aus2un1hkrKhPjir4417`
   */
  declare readonly authServer: pulumi.Output<string>;
  /**
   * Where it gets its tokens: the API's link, else `authServer` + `/v1/token`. Also the `aud` of its assertions.
   * @example `https://eu.id.resistant.ai/oauth2/aus2un1hkrKhPjir4417/v1/token`
   */
  declare readonly tokenUrl: pulumi.Output<string>;
  /**
   * The key's id, with RSA and EC only: the `kid` of its assertions.
   * @example `Xq3v0WkYb2c9m1L8d7TnR4sE6uPzHaJfGiOoKxVtQwY`
   */
  declare readonly keyId: pulumi.Output<string | undefined>;
  /**
   * When it was created (or adopted), by this machine's clock: RFC 3339, UTC. The API does not report it.
   * @example `2026-03-01T09:30:02.418Z`
   */
  declare readonly createdAt: pulumi.Output<string>;
  /**
   * The tenant that the client belongs to, as given.
   * @example `aQ3mZ8kT1xW`
   */
  declare readonly tenantId: pulumi.Output<string>;
  /**
   * The cell it is bound to, as given.
   * @example `eu-1`
   */
  declare readonly cell: pulumi.Output<Cell>;
  /**
   * What it may do at the Documents API.
   * @example `["documents.submissions.read", "documents.submissions.write"]`
   */
  declare readonly scopes: pulumi.Output<DocumentsScope[]>;
  /**
   * How it authenticates.
   * @example `CLIENT_SECRET`
   */
  declare readonly authMethod: pulumi.Output<AuthMethod>;
  /**
   * The public key, with RSA and EC only, as given.
   * @example `-----BEGIN PUBLIC KEY-----…`
   */
  declare readonly publicKey: pulumi.Output<string | Record<string, unknown> | undefined>;

  /**
   * Declares a tenant application.
   *
   * @param name the resource's name in the stack
   * @param told what the provider must know about this update; only this project's own program passes it
   */
  constructor(
    name: string,
    args: TenantApplicationArgs,
    opts?: pulumi.CustomResourceOptions,
    told?: ToldOfRun,
  ) {
    const adopted = pulumi.output(args.adopt).apply((adopt) => adopt?.applicationId);
    const checked = guardAdoption(tenantApplicationType, name, adopted, opts);
    const cell = pulumi.all([args.cell, checked]).apply(([given]) => given);
    super(
      tenantApplicationType,
      "tenantApplication",
      name,
      {
        ...outputs,
        ...args,
        cell,
        slot: slotOf(tenantApplicationType, name, "applicationId", told),
      },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["clientSecret"] }),
    );
  }
}

const outputs = {
  applicationId: undefined,
  clientId: undefined,
  clientSecret: undefined,
  authServer: undefined,
  tokenUrl: undefined,
  createdAt: undefined,
  scopes: undefined,
  authMethod: undefined,
  publicKey: undefined,
  keyId: undefined,
};
