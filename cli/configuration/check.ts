import { allowedHostsIn, type ConfigurationProblem } from "pulumi-resistant-tenants/settings";

import { holdsSecret } from "./file";

const namespace = "tenants:";

/**
 * Checks the values of a stack's configuration file as the program does, but without the engine. A secret cannot be
 * read here, and counts as right. Hosts are judged by this run's own environment.
 *
 * @returns Resolves with everything that is wrong
 */
export async function problemsOf(values: ReadonlyMap<string, unknown>): Promise<ConfigurationProblem[]> {
  // The program's own package loads the engine's SDK, which takes long.
  const { readConfiguration } = await import("resistant-tenants-stacks/configuration");
  const own = [...values].filter(([key]) => key.startsWith(namespace));
  const secrets = own.filter(([, value]) => holdsSecret(value)).map(([key]) => key);
  const readable = own.filter(([key]) => !secrets.includes(key));
  const read = readConfiguration(
    new Map(readable.map(([key, value]) => [key.slice(namespace.length), toText(value)])),
    undefined,
    {
      allowedHosts: allowedHostsIn(process.env),
      aws: (key) => {
        const value = values.get(`aws:${key}`);
        return value === undefined || value === null || holdsSecret(value) ? undefined : toText(value);
      },
    },
  );
  return "problems" in read ? read.problems.filter(({ path }) => !secrets.includes(path)) : [];
}

/** The engine gives a program every value as text, and JSON where the file holds a list or a map. */
function toText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
