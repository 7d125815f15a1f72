import * as pulumi from "@pulumi/pulumi";

import type { AuthMethod } from "../client/auth-methods";
import type { Cell } from "../client/cells";
import type { DocumentsScope } from "../client/schemas";
import { tenantApplicationType } from "../names/resource-types";
import type { ToldOfRun } from "../names/slot";
import { guardAdoption } from "./guards";
import { providerSource, slotOf } from "./slot";

/** The inputs of a {@link TenantApplication}. A change of any is a replacement. */
export interface TenantApplicationArgs {
  /** The tenant it is a client of. */
  tenantId: pulumi.Input<string>;
  /** The region it is bound to. */
  cell: pulumi.Input<Cell>;
  /** What it may do at the Documents API; default both. A set: order is no difference. */
  scopes?: pulumi.Input<pulumi.Input<DocumentsScope>[]>;
  /** How it proves who it is; default `CLIENT_SECRET`, where the vendor makes the secret. */
  authMethod?: pulumi.Input<AuthMethod>;
  /** With RSA and EC, the public key: PEM (SPKI) or a JWK. RSA needs more than 2048 bits, EC the curve P-256. */
  publicKey?: pulumi.Input<string | Record<string, unknown>>;
  /** With RSA and EC, the key's id (`kid`); default the `kid` of a JWK, else its RFC 7638 thumbprint. */
  keyId?: pulumi.Input<string>;
  /**
   * Takes over an existing application instead of making one: its id, and the ARN of the secret in Secrets Manager that
   * holds its client secret (RSA, EC: the private half of `publicKey`), as it is or as JSON in the shape of the stored
   * secret. It must be as declared, and a token is got with its credentials before anything is recorded. Removing it
   * later is no difference; another id is a replacement.
   */
  adopt?: pulumi.Input<{ applicationId: pulumi.Input<string>; secretArn: pulumi.Input<string> }>;
}

/**
 * A tenant application: an OAuth2 machine-to-machine client in a tenant.
 *
 * Its credentials are returned once, when it is made, and are kept in the state, encrypted. There is no update
 * operation: on a change, a new application is made before the old one is deleted.
 *
 * @example With a secret of the vendor's making
 * ```ts
 * const tenant = new Tenant("acme", { name: "acme" });
 * const application = new TenantApplication("acme-eu", { tenantId: tenant.tenantId, cell: "eu-1" });
 * export const { clientId, clientSecret, tokenUrl } = application;
 * ```
 * @example With a key pair, of which the vendor gets the public half
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
export class TenantApplication extends pulumi.CustomResource {
  /**
   * The application's id, which the vendor gives it.
   * @example `bR7nY2pL9vC`
   */
  declare readonly applicationId: pulumi.Output<string>;
  /**
   * The OAuth2 client id of its token requests.
   * @example `0oa9x1exampleclient`
   */
  declare readonly clientId: pulumi.Output<string>;
  /**
   * The client secret, of `CLIENT_SECRET` only. A secret: encrypted in the state, hidden in outputs.
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
   * The key's id, of RSA and EC only: the `kid` of its assertions.
   * @example `Xq3v0WkYb2c9m1L8d7TnR4sE6uPzHaJfGiOoKxVtQwY`
   */
  declare readonly keyId: pulumi.Output<string | undefined>;
  /**
   * When it was created (or adopted), by this machine's clock: RFC 3339, UTC. The API does not report it.
   * @example `2026-03-01T09:30:02.418Z`
   */
  declare readonly createdAt: pulumi.Output<string>;
  /**
   * The tenant it is a client of, as given.
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
   * How it proves who it is.
   * @example `CLIENT_SECRET`
   */
  declare readonly authMethod: pulumi.Output<AuthMethod>;
  /**
   * The public key, of RSA and EC only, as given.
   * @example `-----BEGIN PUBLIC KEY-----…`
   */
  declare readonly publicKey: pulumi.Output<string | Record<string, unknown> | undefined>;

  /**
   * Declares a tenant application.
   *
   * @param name the resource's name in the stack
   * @param told what its provider is told of this update: the program of this project's stacks passes it, no other
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
      name,
      {
        ...outputs,
        ...args,
        cell,
        slot: slotOf(tenantApplicationType, name, "applicationId", told),
        __provider: providerSource("tenantApplication"),
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
