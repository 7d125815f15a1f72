import { hostname, userInfo } from "node:os";

import type { EnvironmentVariables } from "./own-process";

/** A CI system, and its variables about a run. */
interface CiSystem {
  name: string;
  /** Who started the run. */
  actor: string;
  /** The variables that the system sets in every run besides the actor: the flag, and the run's id. */
  flag: string;
  runId: string;
  /** The commit that the run is about. */
  commit: string;
  /** The run's page. */
  url: (env: EnvironmentVariables) => string | undefined;
}

const ciSystems: readonly CiSystem[] = [
  {
    name: "github",
    actor: "GITHUB_ACTOR",
    flag: "GITHUB_ACTIONS",
    runId: "GITHUB_RUN_ID",
    commit: "GITHUB_SHA",
    url: ({ GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run }) =>
      server === undefined || repository === undefined
        ? undefined
        : `${server}/${repository}/actions/runs/${run ?? ""}`,
  },
  {
    name: "gitlab",
    actor: "GITLAB_USER_LOGIN",
    flag: "GITLAB_CI",
    runId: "CI_JOB_ID",
    commit: "CI_COMMIT_SHA",
    url: ({ CI_JOB_URL: url }) => url,
  },
  {
    name: "buildkite",
    actor: "BUILDKITE_BUILD_CREATOR_EMAIL",
    flag: "BUILDKITE",
    runId: "BUILDKITE_BUILD_ID",
    commit: "BUILDKITE_COMMIT",
    url: ({ BUILDKITE_BUILD_URL: url }) => url,
  },
  {
    name: "circleci",
    actor: "CIRCLE_USERNAME",
    flag: "CIRCLECI",
    runId: "CIRCLE_WORKFLOW_ID",
    commit: "CIRCLE_SHA1",
    url: ({ CIRCLE_BUILD_URL: url }) => url,
  },
  {
    name: "azure-pipelines",
    actor: "BUILD_REQUESTEDFOREMAIL",
    flag: "TF_BUILD",
    runId: "BUILD_BUILDID",
    commit: "BUILD_SOURCEVERSION",
    url: ({ SYSTEM_COLLECTIONURI: server, SYSTEM_TEAMPROJECT: project, BUILD_BUILDID: run }) =>
      server === undefined || project === undefined
        ? undefined
        : `${server.replace(/\/*$/, "/")}${encodeURIComponent(project)}/_build/results?buildId=${run ?? ""}`,
  },
];

/** Returns whether a CI system runs this process: its own flag is set, or `CI`. */
export function isCi(env: EnvironmentVariables): boolean {
  return ["CI", ...ciSystems.map(({ flag }) => flag)].some((flag) => /^(?:true|1)$/i.test(env[flag] ?? ""));
}

/** The actor, according to the environment. */
export interface Actor {
  /** The CI system's user as `github:octocat` where a CI system runs this, else `user@host`. */
  actor: string;
  /** The actor in a CI system's variable outside that system: anyone can set it. */
  claimedActor?: string;
  /** The page of the CI run. */
  runUrl?: string;
  /** The commit that the CI run is about. */
  ciCommit?: string;
}

/** Reads the actor from the environment. This is only a claim; AWS's own answer is proof (`provenance.ts`). */
export function readActor(env: EnvironmentVariables): Actor {
  const running = ciSystems.find(({ flag, runId }) => /^true$/i.test(env[flag] ?? "") && isSet(env[runId]));
  if (running === undefined) {
    const claimed = ciSystems.find(({ actor }) => isSet(env[actor]));
    return {
      actor: localUser(),
      ...(claimed === undefined ? {} : { claimedActor: `${claimed.name}:${env[claimed.actor] ?? ""}` }),
    };
  }
  const { name, actor, commit, url } = running;
  const [user, runUrl, ciCommit] = [env[actor], url(env), env[commit]];
  return {
    actor: isSet(user) ? `${name}:${user}` : localUser(),
    ...(isSet(runUrl) ? { runUrl } : {}),
    ...(isSet(ciCommit) ? { ciCommit } : {}),
  };
}

/** Returns the actor: the CI system's user as `github:octocat` if a CI system runs this, else `user@host`. */
export function actor(env: EnvironmentVariables): string {
  return readActor(env).actor;
}

/** An empty variable counts as unset. */
function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}

function localUser(): string {
  return `${userName()}@${hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a user id that has no name.
    return String(process.getuid?.() ?? "unknown");
  }
}
