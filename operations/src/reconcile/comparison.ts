import type { ApiApplication, ApiTenant } from "pulumi-resistant-tenants/client";
import type { JournalEvent } from "pulumi-resistant-tenants/internal/journal";
import type { ChangedSecret } from "resistant-tenants-stacks/changed-secrets";

import type { Locks } from "../stack/lock";
import type { HeldState } from "../stack/state";
import type { Elsewhere } from "./elsewhere";

/** Everything that is compared: the journal, the state and the API, read one after the other while no update ran. */
export interface Comparison {
  /** `organization/project/stack`. */
  stack: string;
  apiUrl: string;
  events: readonly JournalEvent[];
  /** The journal's unreadable lines. */
  unreadable: readonly string[];
  state: HeldState;
  /** All tenants of the organization. */
  tenants: readonly ApiTenant[];
  /** The applications of the tenants that this stack has in its state or on record, by tenant id. */
  applications: ReadonlyMap<string, readonly ApiApplication[]>;
  /** Which of these objects other stacks have. */
  elsewhere: Elsewhere;
  /** Whether the user confirms that what the API does not know is deleted (`TENANTS_ACCEPT_MISSING`). */
  acceptsMissing: boolean;
  locks: Locks;
  /** Empty secrets in AWS, created by a create that did not end, by the URN of their resource. */
  emptySecrets: ReadonlyMap<string, EmptySecret>;
  /** The secrets that were changed in AWS, outside the stack. */
  changedSecrets: readonly ChangedSecret[];
  /** The time of the comparison, in milliseconds since 1970. */
  nowMs: number;
  /** How far the API's clock is ahead of this machine's, in milliseconds. */
  clockAheadMs: number;
  /** Writes a `pulumi` command as the user would type it for this stack. */
  typed: (args: readonly string[]) => string;
  /** Writes a command of `tenants` in the same way. */
  typedTenants: (args: readonly string[]) => string;
  /** The command that repairs what can be repaired, as the user would type it. */
  fixCommand: string;
}

/** A secret in AWS Secrets Manager without a version: nothing was ever stored in it. */
export interface EmptySecret {
  arn: string;
  secretName: string;
}
