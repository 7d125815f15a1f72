import {
  DeleteSecretCommand,
  DescribeSecretCommand,
  type DescribeSecretResponse,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";

/** A secret that is to be made. */
export interface WantedSecret {
  name: string;
  /** The tags it is to have; undefined where no secret that exists can be the one. */
  tags: Readonly<Record<string, string>> | undefined;
}

/** What AWS tells of the secret that has the name of one that is to be made. */
export interface SecretDescription {
  arn: string;
  /** When its deletion was begun, RFC 3339; undefined where it is not being deleted. */
  deletedAt: string | undefined;
  /**
   * Whether it is what a create that did not end has made: it has every tag that is wanted, and no version, so nothing
   * was ever stored in it.
   */
  isEmptyAndWanted: boolean;
}

/** The part of AWS Secrets Manager that looks after secrets whose create did not end. It never reads a value. */
export class SecretsManager {
  readonly #client: SecretsManagerClient;

  /** @param region default: that of AWS's own configuration */
  constructor(region: string | undefined) {
    this.#client = new SecretsManagerClient(region === undefined ? {} : { region });
  }

  /**
   * Describes the secret of a name.
   *
   * @returns Resolves with undefined where there is none.
   * @throws what AWS answers, for example that this run lacks secretsmanager:DescribeSecret
   */
  async describe({ name, tags }: WantedSecret): Promise<SecretDescription | undefined> {
    try {
      const described = await this.#client.send(new DescribeSecretCommand({ SecretId: name }));
      return {
        arn: described.ARN ?? name,
        deletedAt: described.DeletedDate?.toISOString(),
        isEmptyAndWanted: tags !== undefined && isEmpty(described) && hasTags(described, tags),
      };
    } catch (error) {
      if (error instanceof Error && error.name === "ResourceNotFoundException") return undefined;
      throw error;
    }
  }

  /** Deletes a secret that holds nothing, at once, so that its name is free. */
  async deleteEmpty(arn: string): Promise<void> {
    await this.#client.send(new DeleteSecretCommand({ SecretId: arn, ForceDeleteWithoutRecovery: true }));
  }

  close(): void {
    this.#client.destroy();
  }
}

function isEmpty({ DeletedDate, VersionIdsToStages }: DescribeSecretResponse): boolean {
  return DeletedDate === undefined && Object.keys(VersionIdsToStages ?? {}).length === 0;
}

function hasTags({ Tags }: DescribeSecretResponse, tags: Readonly<Record<string, string>>): boolean {
  const actual = new Map((Tags ?? []).map(({ Key, Value }) => [Key, Value]));
  return Object.entries(tags).every(([key, value]) => actual.get(key) === value);
}
