import type { TenantManagementSandbox } from "../../sandbox/api";
import type { AwsProvider } from "../../sandbox/aws/find-provider";
import type { PulumiCli } from "../../sandbox/pulumi/cli";
import type { Work } from "../work/case";

export const peerNames = [
  "fleet",
  "stack",
  "noop",
  "naive",
  "alone",
  "noop-alone",
  "opentofu",
  "undici",
] as const;
export type PeerName = (typeof peerNames)[number];

/** What all peers of a case share. */
export interface Site {
  readonly pulumi: PulumiCli;
  readonly aws: AwsProvider;
  /** The one Tenant Management API, which is empty before each peer's turn. */
  readonly sandbox: TenantManagementSandbox;
}

/** A peer at work: it holds what it created until it is closed. */
export interface Subject {
  /**
   * Does one piece of work to its end.
   *
   * @param customers how many there are to be after it
   * @throws Error with the tool's own last words where the tool fails
   */
  readonly run: (work: Work, customers: number) => Promise<void>;
  /** Resolves with its state as it is stored; undefined where it keeps none. */
  readonly state: () => Promise<string | undefined>;
  /** Removes everything that it keeps. */
  readonly close: () => Promise<void>;
}

/** Without a fleet, a stack with secrets takes an hour for a thousand customers. */
export const largestWithSecrets = 500;

/** A tool that is measured. */
export interface Peer {
  readonly name: PeerName;
  /** What it is called in the results. */
  readonly title: string;
  /** What it is, in one sentence. */
  readonly description: string;
  /** With which it is compared: the engine's floor with the same resources. */
  readonly floor: PeerName | undefined;
  /** With how many customers it can be measured; default: with any number. */
  readonly sizes?: { readonly from?: number; readonly below?: number };
  /** What it does, where that is not everything. */
  readonly works?: readonly Work[];
  /**
   * Makes it ready to begin; none of this is measured.
   *
   * @param customers how many it begins with
   */
  readonly prepare: (site: Site, customers: number) => Promise<Subject>;
}
