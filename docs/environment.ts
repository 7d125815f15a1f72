/** An environment variable that the project's own code reads. */
export interface EnvironmentVariable {
  names: readonly [string, ...string[]];
  /** Printed instead of names that nobody sets by hand. */
  summary?: string;
  meaning: string;
}

/**
 * Every environment variable that `provider/`, `stacks/`, `operations/` and `cli/` read by name; `test/docs`
 * fails if one is missing.
 */
export const environmentVariables: readonly EnvironmentVariable[] = [
  {
    names: ["TENANTS_PRIVATE_KEY"],
    meaning: "[The organization's private key](keys.md#where-the-organizations-key-is-stored) (PEM, PKCS#8).",
  },
  {
    names: ["TENANTS_CLIENT_ID", "TENANTS_KEY_ID", "TENANTS_REASON"],
    meaning: "Override `clientId`, `keyId` and `reason`, unless empty.",
  },
  {
    names: ["TENANTS_ALLOWED_HOSTS"],
    meaning: "More [hosts](security.md#hosts) that may be reached.",
  },
  {
    names: ["TENANTS_NOW"],
    meaning:
      "Replaces the present time when the age of credentials is computed (RFC 3339). Refused unless `apiUrl` is on loopback.",
  },
  {
    names: ["TENANTS_ACCEPT_MISSING"],
    meaning:
      "`true` accepts that all tenants are deleted if the API knows none of the stack's; otherwise refresh and delete refuse.",
  },
  {
    names: ["CI"],
    meaning:
      "`true`, or the flag of a CI system, requires a journal in S3, unless `journalDiskIsKept` is `true`.",
  },
  {
    names: [
      "GITHUB_ACTOR",
      "GITLAB_USER_LOGIN",
      "BUILDKITE_BUILD_CREATOR_EMAIL",
      "CIRCLE_USERNAME",
      "BUILD_REQUESTEDFOREMAIL",
      "GITHUB_ACTIONS",
      "GITLAB_CI",
      "BUILDKITE",
      "CIRCLECI",
      "TF_BUILD",
      "GITHUB_RUN_ID",
      "CI_JOB_ID",
      "BUILDKITE_BUILD_ID",
      "CIRCLE_WORKFLOW_ID",
      "BUILD_BUILDID",
      "GITHUB_SHA",
      "CI_COMMIT_SHA",
      "BUILDKITE_COMMIT",
      "CIRCLE_SHA1",
      "BUILD_SOURCEVERSION",
      "GITHUB_SERVER_URL",
      "GITHUB_REPOSITORY",
      "CI_JOB_URL",
      "BUILDKITE_BUILD_URL",
      "CIRCLE_BUILD_URL",
      "SYSTEM_COLLECTIONURI",
      "SYSTEM_TEAMPROJECT",
    ],
    summary: "What GitHub Actions, GitLab CI, Buildkite, CircleCI and Azure Pipelines set",
    meaning: "User, page, and commit (if git reports none), for [the journal](audit.md#what-is-recorded).",
  },
  {
    names: ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"],
    meaning: "[Proxies](networks.md#proxies) and their exceptions, also in lower case.",
  },
  {
    names: [
      "AWS_ACCESS_KEY_ID",
      "AWS_SECRET_ACCESS_KEY",
      "AWS_SESSION_TOKEN",
      "AWS_ACCESS_KEY",
      "AWS_SECRET_KEY",
      "AWS_WEB_IDENTITY_TOKEN_FILE",
      "AWS_ROLE_ARN",
      "AWS_ROLE_SESSION_NAME",
      "AWS_PROFILE",
      "AWS_DEFAULT_PROFILE",
    ],
    summary: "AWS's variables of a key, a web identity and a profile",
    meaning:
      "The [identity](networks.md#aws-credentials-and-endpoints), in this order, if the stack sets none.",
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
      "[Endpoints](networks.md#aws-credentials-and-endpoints) of AWS's services, unless `aws:endpoints` sets them.",
  },
  {
    names: ["AWS_CA_BUNDLE"],
    meaning: "More certificates that calls to AWS trust.",
  },
  {
    names: ["PULUMI_DEBUG_GRPC", "PULUMI_OPTION_TRACING", "PULUMI_OPTION_OTEL_TRACES", "NODE_DEBUG"],
    meaning: "[Refused in production](security.md#switches-that-write-credentials).",
  },
  { names: ["TENANTS_TURNS_SOCKET", "TENANTS_LISTED"], meaning: "Set by `fleet`." },
  { names: ["NO_COLOR"], meaning: "Unless empty, `tenants` prints no colours." },
];
