import type { ApiApplication, ApiTenant } from "pulumi-resistant-tenants/client";
import type { JournalEvent } from "pulumi-resistant-tenants/internal/journal";
import type { ChangedSecret } from "resistant-tenants-stacks/changed-secrets";

import type { Locks } from "../stack/lock";
import type { HeldState } from "../stack/state";
import type { Elsewhere } from "./elsewhere";

/** All that is compared: the journal, the state and the API, read one after the other while no update ran. */
export interface Comparison {
  /** `organization/project/stack`. */
  stack: string;
  apiUrl: string;
  events: readonly JournalEvent[];
  /** Where the journal has a line that cannot be read. */
  unreadable: readonly string[];
  state: HeldState;
  /** All tenants of the organization. */
  tenants: readonly ApiTenant[];
  /** By tenant id: the applications of the tenants that this stack holds or has on record. */
  applications: ReadonlyMap<string, readonly ApiApplication[]>;
  /** What of all that other stacks hold. */
  elsewhere: Elsewhere;
  /** Whether somebody insists that what the API does not know is gone (`TENANTS_ACCEPT_MISSING`). */
  acceptsMissing: boolean;
  locks: Locks;
  /** The secrets in AWS that a create which did not end has made, by the URN of the resource they are for. */
  emptySecrets: ReadonlyMap<string, EmptySecret>;
  /** The secrets that somebody has changed in AWS, past the stack. */
  changedSecrets: readonly ChangedSecret[];
  /** The time of the comparison, in milliseconds since 1970. */
  nowMs: number;
  /** How far the API's clock is ahead of this machine's, in milliseconds. */
  clockAheadMs: number;
  /** Writes a `pulumi` command as the user would type it for this stack. */
  typed: (args: readonly string[]) => string;
  /** Writes a command of this command line alike. */
  typedTenants: (args: readonly string[]) => string;
  /** The command that clears away what can be, as the user would type it. */
  fixCommand: string;
}

/** A secret in AWS Secrets Manager that has no version: nothing was ever stored in it. */
export interface EmptySecret {
  arn: string;
  secretName: string;
}
