import { devNull } from "node:os";

/*
 * The environment in which the sandbox, `npm start` and the tests run: that of whoever starts them, without what would
 * lead them to accounts, stacks and servers of that person's own.
 */

/** Of these, a person's own lead elsewhere: to an account, a stack, an organization. */
const foreign = /^(?:AWS|PULUMI|TENANTS)_/;

/** What is looked up there on purpose: installed plugins. */
const ownSwitches = ["PULUMI_HOME"];

/** Whose credentials go with an `AWS_ENDPOINT_URL` that names the Secrets Manager to use. */
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

/** Without these, an AWS SDK reads the files and asks the metadata service of whoever runs it. */
const noOtherAws = {
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,
  AWS_EC2_METADATA_DISABLED: "true",
};

const proxyVariable = /^(?:https?|all|grpc)_proxy$/i;
const loopback = ["localhost", "127.0.0.1", "::1"];

/**
 * Gives an environment without what is foreign to the sandbox. What is downloaded still comes by the proxies that it
 * names; everything that the sandbox starts listens on loopback, which no proxy reaches.
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

/** Makes this process's own environment such a one, before it starts anything. */
export function useLocalEnvironment(): void {
  const env = localEnvironment(process.env);
  for (const name of Object.keys(process.env)) if (!(name in env)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, env);
}

/** Some programs read the one, some the other. */
function proxyExceptions(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (!Object.entries(env).some(([name, value]) => proxyVariable.test(name) && value !== "")) return {};
  const given = (env["no_proxy"] ?? env["NO_PROXY"] ?? "").split(/[,\s]+/).filter((entry) => entry !== "");
  const list = [...new Set([...given, ...loopback])].join(",");
  return { NO_PROXY: list, no_proxy: list };
}

/**
 * Gives the line with which a shell of whoever runs the sandbox forgets what is foreign to it.
 *
 * @param namespaces those of the variables: without `PULUMI`, the stack that is selected stays selected
 */
export function forgetForeign(namespaces: readonly ("AWS" | "PULUMI" | "TENANTS")[]): string {
  return `for name in $(env | grep -oE '^(${namespaces.join("|")})_[A-Z0-9_]+'); do unset "$name"; done`;
}

/** Gives what a local environment has beside what the sandbox says, for a shell: how no proxy and no file is in the way. */
export function localAdditions(env: NodeJS.ProcessEnv): Record<string, string> {
  const names = ["NO_PROXY", "no_proxy", ...Object.keys(noOtherAws)];
  return Object.fromEntries(
    Object.entries(localEnvironment(env)).flatMap(([name, value]) =>
      names.includes(name) && value !== undefined ? [[name, value]] : [],
    ),
  );
}
