/** A resource in a rule: its inputs, as far as a preview knows them. */
export interface DeclaredResource {
  type: string;
  name: string;
  urn: string;
  props: Record<string, unknown>;
  opts: { protect: boolean };
}

/** A rule: returns the problems of a resource, and what to do; empty if there are none. */
export type Rule = (resource: DeclaredResource, context: RuleContext) => string[];

/** A rule about the configuration of the whole stack: returns its problems, and what to do. */
export type StackRule = (context: RuleContext) => string[];

/** What a rule can use in addition to the resource. */
export interface RuleContext {
  customers: ReadonlyMap<string, DeclaredCustomer>;
  /** Returns the value of a key of the namespace `tenants`, or undefined. */
  setting: (key: string) => string | undefined;
  /** Returns the value of a key of the namespace `aws`, or undefined. */
  awsSetting: (key: string) => string | undefined;
  /** The hosts that the environment allows in addition to the vendor's (`TENANTS_ALLOWED_HOSTS`). */
  allowedHosts: readonly string[];
  /** The policies' configuration. */
  policyConfig: PolicyConfig;
  /** The encryption of the secrets in the stack's configuration and state; undefined if its file was not found. */
  secretsProvider: string | undefined;
  /** The time of the check. */
  now: Date;
}

/** The settings of the file for `--policy-pack-config`, by policy and name; all have defaults. */
export interface PolicyConfig {
  /** `allowed-cells`: the allowed cells. Default: all. */
  cells: readonly string[];
  /**
   * `reader-accounts`: the AWS accounts whose roles may be readers. `aws-account`: those in which secrets may
   * be stored. Default: none.
   */
  accounts: readonly string[];
  /** `recovery-window`: the least time for which a deleted secret can be restored, in days. Default: 7. */
  minDays: number;
  /** `rotated-client-secrets`: the longest life of a client secret, in days. Default: 365. */
  maxDays: number;
  /** `journal`: how its location must start. Default: `s3://`. */
  locations: readonly string[];
  /** `secrets-provider`: how it must start. Default: a key management service, or Pulumi Cloud. */
  providers: readonly string[];
}

/** One customer in the stack's configuration. */
export interface DeclaredCustomer {
  isDeprecated: boolean;
  /** Returns whether the application of a slot, `<cell>/<purpose>`, authenticates with a client secret. */
  hasClientSecret: (slot: string) => boolean;
  /** Returns how its credentials are rotated; undefined if they are not. */
  rotationOf: (slot: string) => DeclaredRotation | undefined;
}

/** The part of a configured rotation that rules use. */
export interface DeclaredRotation {
  /** The age at which credentials are renewed, in milliseconds; undefined if only dates decide. */
  everyMs: number | undefined;
  /** The dates at which they are renewed, in milliseconds since 1970. */
  atMs: readonly number[];
}

const secretType = "aws:secretsmanager/secret:Secret";

/** Returns whether a resource is the secret of a customer's application; the rules ignore other secrets. */
export function isApplicationSecret({ type, urn }: DeclaredResource): boolean {
  return type === secretType && urn.includes("::resistant:index:Customer$");
}
