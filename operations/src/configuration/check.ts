import path from "node:path";

import {
  allowedHostsIn,
  type ConfigurationProblem,
  type EnvironmentVariables,
} from "pulumi-resistant-tenants/internal/settings";

import { type ConfigurationFile, holdsSecret, readProjectValues } from "./file";

const namespace = "tenants:";

/** Keys whose value is no text: a number or a boolean without quotes is as it should be. */
const noText = ["quota", "journalDiskIsKept", "replaceLostApplications", "customers", "secrets", "rotation"];

/**
 * Checks a stack's configuration file as the program does, but without the engine. A secret cannot be read here, and
 * counts as right.
 *
 * @param environment the environment variables by which hosts are judged
 * @returns Resolves with everything that is wrong
 */
export async function problemsOf(
  configuration: ConfigurationFile,
  environment: EnvironmentVariables,
): Promise<ConfigurationProblem[]> {
  // The program's own package loads the engine's SDK, which takes long.
  const { readConfiguration } = await import("resistant-tenants-stacks/configuration");
  const { readCustomerFiles } = await import("resistant-tenants-stacks/customer-files");
  const { customerLocator, sizeWarning } = await import("resistant-tenants-stacks/stack-file");
  const folder = path.dirname(path.resolve(configuration.file));
  const all = new Map([...(await readProjectValues(folder)), ...configuration.values]);
  const secrets = [...all].filter(([, value]) => holdsSecret(value)).map(([key]) => key);
  const readable = [...all].filter(([key]) => !secrets.includes(key));
  const own = readable.filter(([key]) => key.startsWith(namespace));
  const region = all.get("aws:region");
  const read = readConfiguration(
    new Map(own.map(([key, value]) => [key.slice(namespace.length), toText(value)])),
    {
      awsRegion: typeof region === "string" ? region : undefined,
      otherKeys: [...all.keys()].filter((key) => !key.startsWith(namespace)),
      readFiles: (pattern) => readCustomerFiles(pattern, folder),
      locate: customerLocator(configuration.file),
      allowedHosts: allowedHostsIn(environment),
      aws: (key) => {
        const name = `aws:${key}`;
        return secrets.includes(name) || !all.has(name) ? undefined : toText(all.get(name));
      },
    },
  );
  const found = "problems" in read ? read.problems : [];
  const size = sizeWarning(Object.fromEntries(readable.map(([key, value]) => [key, toText(value)])));
  return [
    ...found.filter(({ path: where }) => !secrets.includes(where)),
    ...own.flatMap(([key]) =>
      found.some(({ path: where }) => where === key) ? [] : unquoted(configuration, key),
    ),
    ...(size === undefined ? [] : [{ path: configuration.file, problem: size }]),
  ];
}

/** The program sees only what YAML made of a value: that it was a number or a date shows in the file alone. */
function unquoted({ plainScalarOf }: ConfigurationFile, key: string): ConfigurationProblem[] {
  if (noText.includes(key.slice(namespace.length))) return [];
  const found = plainScalarOf(key);
  if (found === undefined || found.kind === "text" || found.kind === "null") return [];
  return [{ path: key, problem: `${found.source} is a ${found.kind} to YAML: write it in quotes` }];
}

/** The engine gives a program every value as text, and JSON where the file holds a list or a map. */
function toText(value: unknown): string {
  if (value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
