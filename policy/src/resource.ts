/** What a rule is told of a resource: its inputs, known as far as they are in a preview. */
export interface DeclaredResource {
  type: string;
  name: string;
  urn: string;
  props: Record<string, unknown>;
  opts: { protect: boolean };
}

/** A rule: what is wrong with a resource, and what to do about it; nothing where all is well. */
export type Rule = (resource: DeclaredResource, context: RuleContext) => string[];

/** A rule on what is configured for the whole stack: what is wrong with it, and what to do about it. */
export type StackRule = (context: RuleContext) => string[];

/** What a rule is told beside the resource. */
export interface RuleContext {
  customers: ReadonlyMap<string, DeclaredCustomer>;
  /** Gives the value of a key of the namespace `tenants`, or undefined. */
  setting: (key: string) => string | undefined;
  /** Gives the value of a key of the namespace `aws`, or undefined. */
  awsSetting: (key: string) => string | undefined;
  /** The hosts that the environment allows beside the vendor's (`TENANTS_ALLOWED_HOSTS`). */
  allowedHosts: readonly string[];
  /** The policies' own configuration. */
  policyConfig: PolicyConfig;
  /** What encrypts the secrets in the stack's configuration and state; undefined where its file was not found. */
  secretsProvider: string | undefined;
  /** The time at which the stack is judged. */
  now: Date;
}

/** What the file for `--policy-pack-config` sets, by policy and name; all of it has a default. */
export interface PolicyConfig {
  /** `allowed-cells`: the cells that may be used. Default: all. */
  cells: readonly string[];
  /**
   * `reader-accounts`: the AWS accounts whose roles may be named as readers. `aws-account`: those in which secrets may be
   * stored. Default: none.
   */
  accounts: readonly string[];
  /** `recovery-window`: how long a deleted secret can be restored at least, in days. Default: 7. */
  minDays: number;
  /** `rotated-client-secrets`: how long a client secret may live at most, in days. Default: 365. */
  maxDays: number;
  /** `journal`: what its place must begin with. Default: `s3://`. */
  locations: readonly string[];
  /** `secrets-provider`: what it must begin with. Default: a key management service, or Pulumi Cloud. */
  providers: readonly string[];
}

/** What the stack's configuration says of one customer. */
export interface DeclaredCustomer {
  isDeprecated: boolean;
  /** Whether the application of a slot, `<cell>/<purpose>`, authenticates with a client secret. */
  hasClientSecret: (slot: string) => boolean;
  /** How its credentials are rotated; undefined where they are not. */
  rotationOf: (slot: string) => DeclaredRotation | undefined;
}

/** What the configuration says of a rotation, as far as rules ask. */
export interface DeclaredRotation {
  /** The age at which credentials are renewed, in milliseconds; undefined where dates alone decide. */
  everyMs: number | undefined;
  /** The dates at which they are renewed, in milliseconds since 1970. */
  atMs: readonly number[];
}

const secretType = "aws:secretsmanager/secret:Secret";

/** Tells whether a resource is the secret of a customer's application; a secret of one's own is nobody's business here. */
export function isApplicationSecret({ type, urn }: DeclaredResource): boolean {
  return type === secretType && urn.includes("::resistant:index:Customer$");
}
