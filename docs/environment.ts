/** An environment variable that the project's own code reads. */
export interface EnvironmentVariable {
  names: readonly [string, ...string[]];
  meaning: string;
}

/** Every environment variable that `provider/`, `stacks/` and `cli/` read by name; `test/docs` finds one that is not here. */
export const environmentVariables: readonly EnvironmentVariable[] = [
  {
    names: ["TENANTS_PRIVATE_KEY"],
    meaning:
      "The organization's private key (PEM, PKCS#8), where neither `kmsKeyId` nor `privateKeySecretArn` is set. It goes before `privateKey`. An empty one is none.",
  },
  { names: ["TENANTS_CLIENT_ID"], meaning: "The organization's OAuth2 client; it overrides `clientId`." },
  { names: ["TENANTS_KEY_ID"], meaning: "`kid` header of the client assertion; it overrides `keyId`." },
  {
    names: ["TENANTS_REASON"],
    meaning: "Why changes are made in this run; it overrides `reason`. An empty one is none.",
  },
  {
    names: ["TENANTS_ALLOWED_HOSTS"],
    meaning:
      "Hosts beyond the vendor's that this run may reach, separated by commas: an exact host with its port, a host alone for any port, `*.domain` for Web UI links. Never from the configuration. Every command of the stack needs it, `refresh` and `destroy` too. Loopback is allowed in the stage `testing` without it. Default: none.",
  },
  {
    names: ["TENANTS_NOW"],
    meaning:
      "The time by which credentials age, to look ahead in a preview: a date and time of RFC 3339 (`2027-01-01T00:00:00Z`). Never set it for an `up` of a stack that is in use. Default: this machine's clock.",
  },
  {
    names: ["TENANTS_ACCEPT_MISSING"],
    meaning:
      "`true` insists that tenants are gone where the API knows none of the stack's: without it, refresh and delete refuse.",
  },
  {
    names: ["CI"],
    meaning: "`true`, which CI systems set, demands a journal in S3, unless `journalDiskIsKept` is `true`.",
  },
  {
    names: [
      "GITHUB_ACTOR",
      "GITLAB_USER_LOGIN",
      "BUILDKITE_BUILD_CREATOR_EMAIL",
      "CIRCLE_USERNAME",
      "BUILD_REQUESTEDFOREMAIL",
    ],
    meaning:
      "Who acts, for the journal, as the CI system tells it; the first that is set. Default: `user@host`.",
  },
  {
    names: ["AWS_ENDPOINT_URL"],
    meaning:
      "AWS's own, as all that its SDK reads; where it is set, a journal's bucket is named in the path.",
  },
  {
    names: ["PULUMI_DEBUG_GRPC", "PULUMI_OPTION_TRACING", "PULUMI_OPTION_OTEL_TRACES", "NODE_DEBUG"],
    meaning:
      "They write credentials down, so production refuses them, as it does `PULUMI_OPTION_VERBOSE` from 9, `TF_LOG` and some flags in `NODE_OPTIONS` ([security.md](security.md)).",
  },
  { names: ["NO_COLOR"], meaning: "Set and not empty: the command `tenants` prints no colours." },
];
