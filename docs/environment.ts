/** An environment variable that the project's own code reads. */
export interface EnvironmentVariable {
  names: readonly [string, ...string[]];
  meaning: string;
}

/** Every environment variable that `provider/`, `stacks/`, `operations/` and `cli/` read by name; `test/docs` finds one that is not here. */
export const environmentVariables: readonly EnvironmentVariable[] = [
  {
    names: ["TENANTS_PRIVATE_KEY"],
    meaning:
      "The organization's private key (PEM, PKCS#8), if neither `kmsKeyId` nor `privateKeySecretArn` is set. It overrides `privateKey`. Empty counts as unset.",
  },
  { names: ["TENANTS_CLIENT_ID"], meaning: "The organization's OAuth2 client; it overrides `clientId`." },
  { names: ["TENANTS_KEY_ID"], meaning: "`kid` header of the client assertion; it overrides `keyId`." },
  {
    names: ["TENANTS_REASON"],
    meaning: "The reason for this run's changes; it overrides `reason`. Empty counts as unset.",
  },
  {
    names: ["TENANTS_ALLOWED_HOSTS"],
    meaning:
      "More hosts that this run may reach, comma-separated: a host with its port, a host alone for any port, `*.domain` for Web UI links. The configuration cannot set it. Every command of the stack needs it, including `refresh` and `destroy`. In `testing`, loopback is always allowed. Default: none.",
  },
  {
    names: ["TENANTS_NOW"],
    meaning:
      "The time by which credentials age in a sandbox (RFC 3339: `2027-01-01T00:00:00Z`). Refused unless `apiUrl` is on loopback. Default: this machine's clock.",
  },
  {
    names: ["TENANTS_ACCEPT_MISSING"],
    meaning:
      "`true` accepts that all of the stack's tenants are deleted if the API knows none. Otherwise refresh and delete refuse.",
  },
  {
    names: ["CI"],
    meaning: "`true`, which CI systems set, requires a journal in S3, unless `journalDiskIsKept` is `true`.",
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
      "The actor in the journal, if that CI system runs this; otherwise recorded as a claim. Default: `user@host`.",
  },
  {
    names: ["GITHUB_ACTIONS", "GITLAB_CI", "BUILDKITE", "CIRCLECI", "TF_BUILD"],
    meaning: "`true`, with the run's id in the variable below: that CI system runs this.",
  },
  {
    names: ["GITHUB_RUN_ID", "CI_JOB_ID", "BUILDKITE_BUILD_ID", "CIRCLE_WORKFLOW_ID", "BUILD_BUILDID"],
    meaning: "The id of the CI run.",
  },
  {
    names: ["GITHUB_SHA", "CI_COMMIT_SHA", "BUILDKITE_COMMIT", "CIRCLE_SHA1", "BUILD_SOURCEVERSION"],
    meaning: "The CI run's commit in the journal, if git does not report the checked-out commit.",
  },
  {
    names: [
      "GITHUB_SERVER_URL",
      "GITHUB_REPOSITORY",
      "CI_JOB_URL",
      "BUILDKITE_BUILD_URL",
      "CIRCLE_BUILD_URL",
      "SYSTEM_COLLECTIONURI",
      "SYSTEM_TEAMPROJECT",
    ],
    meaning: "The CI run's page in the journal.",
  },
  {
    names: ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"],
    meaning:
      "The proxies for calls to the vendor and to AWS, and the exceptions; lower-case names take precedence ([networks.md](networks.md)).",
  },
  {
    names: ["AWS_REGION", "AWS_DEFAULT_REGION"],
    meaning: "The region, if neither `aws:region` nor an ARN contains it.",
  },
  {
    names: [
      "AWS_ENDPOINT_URL",
      "AWS_ENDPOINT_URL_SECRETS_MANAGER",
      "AWS_ENDPOINT_URL_KMS",
      "AWS_ENDPOINT_URL_S3",
      "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
      "AWS_ENDPOINT_URL_STS",
      "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    ],
    meaning:
      "AWS's own endpoints of its services, unless `aws:endpoints` sets them. With one for S3, the journal's bucket is named in the path.",
  },
  {
    names: ["AWS_CA_BUNDLE"],
    meaning:
      "A file of more certificates that calls to AWS trust, in addition to this machine's and `NODE_EXTRA_CA_CERTS`.",
  },
  {
    names: ["PULUMI_DEBUG_GRPC", "PULUMI_OPTION_TRACING", "PULUMI_OPTION_OTEL_TRACES", "NODE_DEBUG"],
    meaning:
      "They write credentials, so production refuses them, and also `PULUMI_OPTION_VERBOSE` from 9, `TF_LOG` and some flags in `NODE_OPTIONS` ([security.md](security.md#switches-that-write-credentials)).",
  },
  { names: ["NO_COLOR"], meaning: "If set and not empty, `tenants` prints no colours." },
];
