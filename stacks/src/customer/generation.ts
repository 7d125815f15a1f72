import type { SecretVersion } from "@pulumi/aws/secretsmanager/secretVersion";
import * as pulumi from "@pulumi/pulumi";

import { generationType, type StoredRecord } from "../rotation/held-generations";
import { settledOutputs } from "../values/settle";

/**
 * One generation of an application's credentials, from the second on: a stack whose credentials were never
 * rotated has none. Its resources are its children, so that it is deleted after them, and not before a
 * safeguard has refused.
 */
export class Generation extends pulumi.ComponentResource {
  /** When the version with its current credentials was created: RFC 3339, UTC. */
  storedAt: pulumi.Output<string> | undefined;

  constructor(
    private readonly name: string,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(generationType, name, {}, opts);
  }

  /**
   * Records when the generation was stored: the overlap of the previous one starts then.
   *
   * @param version the version with its credentials
   * @param held the record at the end of the last update
   * @param clock returns the time once the version exists
   */
  record(version: SecretVersion, held: StoredRecord | undefined, clock: () => Date): void {
    this.storedAt = version.versionId.apply((versionId) =>
      held?.versionId === versionId ? held.storedAt : clock().toISOString(),
    );
    const outputs = { storedAt: this.storedAt, versionId: version.versionId };
    this.registerOutputs(settledOutputs(generationType, this.name, outputs));
  }
}
