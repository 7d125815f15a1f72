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
      "The time by which credentials age in a sandbox: a date and time of RFC 3339 (`2027-01-01T00:00:00Z`). Where `apiUrl` is not on loopback, it is refused. Default: this machine's clock.",
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
      "Who acts, for the journal, where the CI system of that name runs this; elsewhere recorded as a claim. Default: `user@host`.",
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
    meaning: "The commit of the CI run, for the journal, where git does not tell what is checked out.",
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
    meaning: "The page of the CI run, for the journal.",
  },
  {
    names: ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"],
    meaning:
      "The proxies by which calls to the vendor and to AWS leave, and what is reached without one; in lower case they go first ([networks.md](networks.md)).",
  },
  {
    names: ["AWS_REGION", "AWS_DEFAULT_REGION"],
    meaning: "The region, where neither `aws:region` nor an ARN tells it.",
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
      "AWS's own, as all that its SDK reads: where services are, unless `aws:endpoints` says so. Where S3 has such a URL, a journal's bucket is named in the path.",
  },
  {
    names: ["AWS_CA_BUNDLE"],
    meaning:
      "A file of certificates that calls to AWS trust, beside those of this machine and of `NODE_EXTRA_CA_CERTS`.",
  },
  {
    names: ["PULUMI_DEBUG_GRPC", "PULUMI_OPTION_TRACING", "PULUMI_OPTION_OTEL_TRACES", "NODE_DEBUG"],
    meaning:
      "They write credentials down, so production refuses them, as it does `PULUMI_OPTION_VERBOSE` from 9, `TF_LOG` and some flags in `NODE_OPTIONS` ([security.md](security.md)).",
  },
  { names: ["NO_COLOR"], meaning: "Set and not empty: the command `tenants` prints no colours." },
];
