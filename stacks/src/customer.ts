import * as pulumi from "@pulumi/pulumi";
import { Secret } from "@pulumi/aws/secretsmanager/secret";
import { SecretVersion } from "@pulumi/aws/secretsmanager/secretVersion";
import {
  documentsApiUrl,
  SigningKey,
  type SigningKeyArgs,
  type Stage,
  Tenant,
  TenantApplication,
} from "pulumi-resistant-tenants";

import { type ApplicationConfiguration, type CustomerConfiguration, slotName } from "./configuration";
import { Safeguard } from "./safeguard";
import { toProtection } from "./secret-protection";
import { algorithmOf, secretName, secretTags, type StoredSecret } from "./stored-secret";

/** The arguments of a {@link Customer}. */
export interface CustomerArgs extends CustomerConfiguration {
  stage: Stage;
  /** The first part of its secrets' names. */
  secretPrefix: string;
}

/** One application of a customer, with the secret that holds its credentials. */
export interface CustomerApplication extends ApplicationConfiguration {
  application: TenantApplication;
  secret: Secret;
}

/** The type of a {@link Customer}, as it stands in the state. */
export const customerType = "resistant:index:Customer";

/**
 * A downstream customer: its tenant, one OAuth2 client per cell and purpose, and a secret in AWS Secrets Manager for
 * each. An active customer in production is safeguarded: nothing of it is deleted, by any command of the engine's.
 */
export class Customer extends pulumi.ComponentResource {
  readonly tenant: Tenant;
  readonly applications: readonly CustomerApplication[];

  constructor(
    private readonly args: CustomerArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(customerType, args.name, {}, opts);
    const { name, cells, uiCells, adopt } = args;
    this.tenant = new Tenant(
      name,
      {
        name,
        ...(uiCells === undefined ? { initialCells: cells } : { cells: uiCells }),
        ...(adopt === undefined ? {} : { adopt }),
      },
      { parent: this, protect: this.isSafeguarded },
    );
    this.applications = args.applications.map((application) => this.makeApplication(application));
    this.registerOutputs({ tenantId: this.tenant.tenantId });
  }

  private get isSafeguarded(): boolean {
    return this.args.stage === "production" && this.args.status === "active";
  }

  private makeApplication(configuration: ApplicationConfiguration): CustomerApplication {
    const { cell, scopes, authMethod, adopt } = configuration;
    const name = slotName(this.args.name, configuration);
    const key =
      authMethod === "CLIENT_SECRET"
        ? undefined
        : new SigningKey(name, this.keyArgs(authMethod, adopt), { parent: this });
    const application = new TenantApplication(
      name,
      {
        tenantId: this.tenant.tenantId,
        cell,
        scopes,
        authMethod,
        ...(key === undefined ? {} : { publicKey: key.publicKeyPem, keyId: key.keyId }),
        ...(adopt === undefined ? {} : { adopt }),
      },
      { parent: this },
    );
    const secret = this.makeSecret(name, configuration);
    const version = new SecretVersion(
      name,
      { secretId: secret.id, secretString: this.secretValue(configuration, application, key) },
      { parent: this },
    );
    if (this.args.stage === "production") {
      const held = [this.tenant, application, secret, version, ...(key === undefined ? [] : [key])];
      new Safeguard(name, held, { parent: this, protect: this.isSafeguarded });
    }
    return { ...configuration, application, secret };
  }

  /** An adopted application comes with its key. */
  private keyArgs(
    authMethod: keyof typeof algorithmOf,
    adopt: ApplicationConfiguration["adopt"],
  ): SigningKeyArgs {
    return {
      algorithm: algorithmOf[authMethod],
      ...(adopt === undefined ? {} : { adopt: { ...adopt, tenantId: this.tenant.tenantId } }),
    };
  }

  private makeSecret(name: string, { cell, purpose }: ApplicationConfiguration): Secret {
    const { stage, secretPrefix, name: customer, secrets } = this.args;
    return new Secret(
      name,
      {
        name: secretName(secretPrefix, stage, customer, cell, purpose),
        description: `OAuth2 client of customer ${customer} for the Documents API, cell ${cell} (${stage})`,
        ...toProtection(secrets, cell),
        tags: secretTags(this.args, cell, this.tenant.tenantId),
      },
      { parent: this, protect: this.isSafeguarded },
    );
  }

  private secretValue(
    { cell, authMethod }: ApplicationConfiguration,
    application: TenantApplication,
    key: SigningKey | undefined,
  ): pulumi.Output<string> {
    const { stage } = this.args;
    // Only outputs that this method has are read: in a preview an absent one counts as not known yet.
    const credentials: pulumi.Inputs =
      authMethod === "CLIENT_SECRET"
        ? { client_secret: application.clientSecret }
        : { private_key: key?.privateKeyPem, key_id: application.keyId, alg: algorithmOf[authMethod] };
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
}
