import {
  DeleteSecretCommand,
  DescribeSecretCommand,
  type DescribeSecretResponse,
  paginateListSecrets,
  RestoreSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";

import type { Aws } from "./aws";
import { ofAws } from "./foreign-answer";
import { isAwsError } from "./patience";

/** A secret to create. */
export interface WantedSecret {
  name: string;
  /** Its wanted tags; undefined if no existing secret can be this one. */
  tags: Readonly<Record<string, string>> | undefined;
}

/** AWS's description of an existing secret with the name of a new one. */
export interface SecretDescription {
  arn: string;
  /** AWS's `DeletedDate`, RFC 3339; undefined if it does not wait for its deletion. */
  deletedAt: string | undefined;
  /**
   * Whether an interrupted create left it: it has every wanted tag and no version, so nothing was ever stored in it.
   */
  isEmptyAndWanted: boolean;
  tags: ReadonlyMap<string, string>;
}

/** AWS's description of a secret in the state. */
export type SecretStatus =
  | { kind: "missing" }
  | {
      kind: "there";
      /** The id of the version that everybody reads (`AWSCURRENT`). */
      currentVersionId: string | undefined;
      /** AWS's `DeletedDate`, RFC 3339; undefined if it does not wait for its deletion. */
      deletedAt: string | undefined;
    };

/** Any secret in AWS, also one created by someone else. */
export interface ListedSecret {
  arn: string;
  name: string;
  tags: ReadonlyMap<string, string>;
  /** AWS's `DeletedDate`, RFC 3339; undefined if it does not wait for its deletion. */
  deletedAt: string | undefined;
}

/** The calls to AWS Secrets Manager about secrets outside any state. They never read a value. */
export class SecretsManager {
  readonly #client: SecretsManagerClient;
  /** The clients of other regions, by region. */
  readonly #others = new Map<string, SecretsManagerClient>();

  /** @param region default: that of the run */
  constructor(
    private readonly aws: Aws,
    private readonly region: string | undefined = aws.region,
  ) {
    this.#client = aws.open(SecretsManagerClient, "secretsmanager", { region });
  }

  /** AWS finds a secret only in its own region: that of a run may be another one than when the secret was stored. */
  #clientFor(arn: string): SecretsManagerClient {
    const region = arn.split(":")[3];
    if (region === undefined || region === "" || region === this.region) return this.#client;
    const client =
      this.#others.get(region) ?? this.aws.open(SecretsManagerClient, "secretsmanager", { region });
    this.#others.set(region, client);
    return client;
  }

  /**
   * Describes the secret with a name.
   *
   * @returns Resolves with undefined if it does not exist.
   * @throws what AWS answers, for example that this run lacks secretsmanager:DescribeSecret
   */
  async describe({ name, tags }: WantedSecret): Promise<SecretDescription | undefined> {
    try {
      const described = await this.#client.send(new DescribeSecretCommand({ SecretId: name }));
      return {
        arn: certain(described.ARN, `describe the secret ${name}`),
        deletedAt: described.DeletedDate?.toISOString(),
        isEmptyAndWanted: tags !== undefined && isEmpty(described) && hasTags(described, tags),
        tags: tagsOf(described),
      };
    } catch (error) {
      if (isAwsError(error, "ResourceNotFoundException")) return undefined;
      throw error;
    }
  }

  /**
   * Returns which version of a secret is the current one, and whether it waits for its deletion, from the region that its
   * ARN names.
   *
   * @throws what AWS answers, for example that this run lacks secretsmanager:DescribeSecret
   */
  async statusOf(arn: string): Promise<SecretStatus> {
    try {
      const described = await this.#clientFor(arn).send(new DescribeSecretCommand({ SecretId: arn }));
      certain(described.ARN, `describe the secret ${arn}`);
      const versions = Object.entries(described.VersionIdsToStages ?? {});
      return {
        kind: "there",
        currentVersionId: versions.find(([, stages]) => stages.includes("AWSCURRENT"))?.[0],
        deletedAt: described.DeletedDate?.toISOString(),
      };
    } catch (error) {
      if (isAwsError(error, "ResourceNotFoundException")) return { kind: "missing" };
      throw error;
    }
  }

  /** Deletes an empty secret at once, so that its name is free. */
  async deleteEmpty(arn: string): Promise<void> {
    const deleted = await this.#clientFor(arn).send(
      new DeleteSecretCommand({ SecretId: arn, ForceDeleteWithoutRecovery: true }),
    );
    certain(deleted.ARN, `delete the secret ${arn}`);
  }

  /**
   * Lists the secrets whose names start with a prefix, including those that wait for deletion. AWS's list may lag by five
   * minutes, so each of them is described.
   *
   * @param known names with that prefix, of secrets that the list may lack
   * @see {@link https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html AWS, ListSecrets}
   */
  async list(beginning: string, known: readonly string[] = []): Promise<ListedSecret[]> {
    const names = new Set(known);
    const request = {
      Filters: [{ Key: "name" as const, Values: [beginning] }],
      IncludePlannedDeletion: true,
    };
    for await (const { SecretList } of paginateListSecrets({ client: this.#client }, request)) {
      // AWS ignores case.
      for (const { Name } of certain(SecretList, `list the secrets ${beginning}*`))
        if (Name?.startsWith(beginning) === true) names.add(Name);
    }
    const described = [...names].map(async (name): Promise<ListedSecret[]> => {
      const found = await this.describe({ name, tags: undefined });
      return found === undefined ? [] : [{ ...found, name }];
    });
    return (await Promise.all(described)).flat();
  }

  /** Restores a secret from deletion: it keeps its ARN, its versions and its resource policy. */
  async restore(arn: string): Promise<void> {
    const restored = await this.#clientFor(arn).send(new RestoreSecretCommand({ SecretId: arn }));
    certain(restored.ARN, `restore the secret ${arn}`);
  }

  close(): void {
    for (const client of [this.#client, ...this.#others.values()]) client.destroy();
  }
}

function certain<T>(answered: T | undefined, what: string): T {
  return ofAws(answered, ["Secrets Manager", "SECRETS_MANAGER"], what);
}

function isEmpty({ DeletedDate, VersionIdsToStages }: DescribeSecretResponse): boolean {
  return DeletedDate === undefined && Object.keys(VersionIdsToStages ?? {}).length === 0;
}

function tagsOf({ Tags }: Pick<DescribeSecretResponse, "Tags">): Map<string, string> {
  return new Map((Tags ?? []).map(({ Key, Value }) => [Key ?? "", Value ?? ""]));
}

function hasTags(described: DescribeSecretResponse, tags: Readonly<Record<string, string>>): boolean {
  const actual = tagsOf(described);
  return Object.entries(tags).every(([key, value]) => actual.get(key) === value);
}
