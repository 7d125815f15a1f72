import { hostname, userInfo } from "node:os";

/** A CI system, by the environment variables that it sets. */
interface CiSystem {
  name: string;
  /** Who started the run. */
  actor: string;
  /** Set in each run of it. */
  flag: string;
}

const ciSystems: readonly CiSystem[] = [
  { name: "github", actor: "GITHUB_ACTOR", flag: "GITHUB_ACTIONS" },
  { name: "gitlab", actor: "GITLAB_USER_LOGIN", flag: "GITLAB_CI" },
  { name: "buildkite", actor: "BUILDKITE_BUILD_CREATOR_EMAIL", flag: "BUILDKITE" },
  { name: "circleci", actor: "CIRCLE_USERNAME", flag: "CIRCLECI" },
  { name: "azure-pipelines", actor: "BUILD_REQUESTEDFOREMAIL", flag: "TF_BUILD" },
];

/** Tells whether a CI system runs this process: it sets a flag of its own, or `CI`. */
export function isCi(env: Readonly<Record<string, string | undefined>> = process.env): boolean {
  return ["CI", ...ciSystems.map(({ flag }) => flag)].some((flag) => /^(?:true|1)$/i.test(env[flag] ?? ""));
}

/** Tells who acts: the CI system's user as `github:octocat`, else `user@host`. */
export function actor(): string {
  for (const { actor: variable, name: system } of ciSystems) {
    const name = process.env[variable];
    if (name !== undefined && name !== "") return `${system}:${name}`;
  }
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
