import { hostname, userInfo } from "node:os";

/** Who a CI system says is running, by the environment variable it says it in. */
const ciActors: Array<{ variable: string; system: string }> = [
  { variable: "GITHUB_ACTOR", system: "github" },
  { variable: "GITLAB_USER_LOGIN", system: "gitlab" },
  { variable: "BUILDKITE_BUILD_CREATOR_EMAIL", system: "buildkite" },
  { variable: "CIRCLE_USERNAME", system: "circleci" },
  { variable: "BUILD_REQUESTEDFOREMAIL", system: "azure-pipelines" },
];

/** Tells who acts: the CI system's user as `github:octocat`, else `user@host`. */
export function actor(): string {
  for (const { variable, system } of ciActors) {
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
