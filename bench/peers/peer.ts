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

/** A peer at work: it keeps what it created until it is closed. */
export interface Subject {
  /**
   * Does one piece of work to its end.
   *
   * @param customers the number of customers after it
   * @throws Error with the end of the tool's output if the tool fails
   */
  readonly run: (work: Work, customers: number) => Promise<void>;
  /** Resolves with its state as stored; undefined if it has none. */
  readonly state: () => Promise<string | undefined>;
  /** Removes everything that it keeps. */
  readonly close: () => Promise<void>;
}

/** Without a fleet, a stack with secrets takes an hour for a thousand customers. */
export const largestWithSecrets = 500;

/** A tool that is measured. */
export interface Peer {
  readonly name: PeerName;
  /** Its name in the results. */
  readonly title: string;
  /** What it is, in one sentence. */
  readonly description: string;
  /** The peer it is compared with: the engine's floor with the same resources. */
  readonly floor: PeerName | undefined;
  /** The numbers of customers with which it can be measured; default: any. */
  readonly sizes?: { readonly from?: number; readonly below?: number };
  /** The works that it supports; default: all. */
  readonly works?: readonly Work[];
  /**
   * Prepares it; this is not measured.
   *
   * @param customers the number of customers at the start
   */
  readonly prepare: (site: Site, customers: number) => Promise<Subject>;
}
