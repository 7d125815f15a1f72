import { devNull } from "node:os";

/**
 * The environment of the sandbox, `npm start` and the tests: that of the person who starts them, without
 * variables for that person's own accounts, stacks and servers.
 */

/** Variables with these prefixes select an account, a stack or an organization of the person. */
const foreign = /^(?:AWS|PULUMI|TENANTS)_/;

/** Exceptions that are used on purpose: installed plugins. */
const ownSwitches = ["PULUMI_HOME"];

/** The credentials for an `AWS_ENDPOINT_URL` that names the Secrets Manager to use. */
const ofOwnEndpoint = [
  "AWS_ENDPOINT_URL",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_PROFILE",
  "AWS_CONFIG_FILE",
  "AWS_SHARED_CREDENTIALS_FILE",
  "AWS_CA_BUNDLE",
];

/** Without these, an AWS SDK reads the person's files and calls the metadata service. */
const noOtherAws = {
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,
  AWS_EC2_METADATA_DISABLED: "true",
};

const proxyVariable = /^(?:https?|all|grpc)_proxy$/i;
const loopback = ["localhost", "127.0.0.1", "::1"];

/**
 * Returns an environment without foreign variables. Downloads still use the proxies in it; everything that
 * the sandbox starts listens on loopback, which bypasses proxies.
 */
export function localEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const hasOwnEndpoint = (env["AWS_ENDPOINT_URL"] ?? "") !== "";
  const kept = [...ownSwitches, ...(hasOwnEndpoint ? ofOwnEndpoint : [])];
  const rest = Object.entries(env).filter(([name]) => !foreign.test(name) || kept.includes(name));
  return {
    ...Object.fromEntries(rest),
    ...(hasOwnEndpoint ? {} : noOtherAws),
    ...proxyExceptions(env),
  };
}

/** Removes the foreign variables from this process's environment, before it starts anything. */
export function useLocalEnvironment(): void {
  const env = localEnvironment(process.env);
  for (const name of Object.keys(process.env)) if (!(name in env)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, env);
}

/** Some programs read the upper-case variable, some the lower-case one. */
function proxyExceptions(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (!Object.entries(env).some(([name, value]) => proxyVariable.test(name) && value !== "")) return {};
  const given = (env["no_proxy"] ?? env["NO_PROXY"] ?? "").split(/[,\s]+/).filter((entry) => entry !== "");
  const list = [...new Set([...given, ...loopback])].join(",");
  return { NO_PROXY: list, no_proxy: list };
}

/**
 * Returns the line with which a shell unsets foreign variables.
 *
 * @param namespaces the variables' prefixes: without `PULUMI`, the selected stack stays selected
 */
export function forgetForeign(namespaces: readonly ("AWS" | "PULUMI" | "TENANTS")[]): string {
  return `for name in $(env | grep -oE '^(${namespaces.join("|")})_[A-Z0-9_]+'); do unset "$name"; done`;
}

/** Returns the further variables of a local environment, for a shell: they bypass proxies and AWS files. */
export function localAdditions(env: NodeJS.ProcessEnv): Record<string, string> {
  const names = ["NO_PROXY", "no_proxy", ...Object.keys(noOtherAws)];
  return Object.fromEntries(
    Object.entries(localEnvironment(env)).flatMap(([name, value]) =>
      names.includes(name) && value !== undefined ? [[name, value]] : [],
    ),
  );
}
