import type { SecretVersion } from "@pulumi/aws/secretsmanager/secretVersion";
import * as pulumi from "@pulumi/pulumi";

import { settledOutputs } from "../outputs/settle";
import { generationType, type StoredRecord } from "../rotation/held-generations";

/**
 * One generation of an application's credentials, from the second on: a stack whose credentials were never rotated holds
 * none. Its resources are its children, so that it goes after them, and not before a safeguard has refused.
 */
export class Generation extends pulumi.ComponentResource {
  /** When the version was made that holds its credentials now: RFC 3339, UTC. */
  storedAt: pulumi.Output<string> | undefined;

  constructor(
    private readonly name: string,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(generationType, name, {}, opts);
  }

  /**
   * Puts on record when it was stored: the overlap of the generation before runs from then.
   *
   * @param version holds its credentials
   * @param held what was on record when the last update ended
   * @param clock tells the time once the version is there
   */
  record(version: SecretVersion, held: StoredRecord | undefined, clock: () => Date): void {
    this.storedAt = version.versionId.apply((versionId) =>
      held?.versionId === versionId ? held.storedAt : clock().toISOString(),
    );
    const outputs = { storedAt: this.storedAt, versionId: version.versionId };
    this.registerOutputs(settledOutputs(generationType, this.name, outputs));
  }
}
