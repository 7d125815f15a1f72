import { allowedHostsIn } from "pulumi-resistant-tenants/internal/settings";
import { type ConfigurationContext, readConfiguration } from "resistant-tenants-stacks/configuration";
import { isTextKey } from "resistant-tenants-stacks/text-keys";

import { requestKinds } from "../requests/request";
import type { StageSettings } from "./settings";

/** A mistake in the settings of a stage. */
interface StageProblem {
  /** Its path below `stages.<stage>`. */
  path: string;
  message: string;
}

const namespace = "tenants:";

/** Keys that the service sets in each stack. */
const setByService = ["tenants:customers", "tenants:customersFrom"];

/** Writes a value of a configuration as the engine passes it to a program: text, and JSON of a list or an object. */
export function textOf(value: unknown): string {
  if (value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The configuration of a stack, as its program gets it. */
interface ProgramConfiguration {
  /** By key with its namespace. */
  texts: ReadonlyMap<string, string>;
  /** Those of the namespace `tenants`, by key without it, for {@link readConfiguration}. */
  values: Map<string, string>;
  context: ConfigurationContext;
}

/**
 * Returns the configuration of a stage's stack.
 *
 * @param customers the value of `tenants:customers`
 */
export function configurationOf(
  stage: string,
  { configuration, allowedHosts }: Pick<StageSettings, "configuration" | "allowedHosts">,
  customers: readonly object[],
): ProgramConfiguration {
  const all = { ...configuration, "tenants:stage": stage, "tenants:customers": customers };
  const texts = new Map(Object.entries(all).map(([key, value]) => [key, textOf(value)]));
  const own = [...texts].filter(([key]) => key.startsWith(namespace));
  return {
    texts,
    values: new Map(own.map(([key, text]) => [key.slice(namespace.length), text])),
    context: {
      awsRegion: texts.get("aws:region"),
      otherKeys: [...texts.keys()].filter((key) => !key.startsWith(namespace)),
      allowedHosts: hostsOf(allowedHosts),
      aws: (key) => texts.get(`aws:${key}`),
    },
  };
}

/** Reads `allowedHosts` as the engine reads `TENANTS_ALLOWED_HOSTS`. */
export function hostsOf(allowedHosts: readonly string[]): readonly string[] {
  return allowedHostsIn({ TENANTS_ALLOWED_HOSTS: allowedHosts.join(",") });
}

/** Finds mistakes in a stage's settings that its stacks would refuse, or that no one would notice. */
export function problemsOfStage(stage: string, settings: StageSettings): StageProblem[] {
  const { configuration, approvals } = settings;
  const { values, context } = configurationOf(stage, settings, []);
  values.delete("customersFrom");
  const read = readConfiguration(values, context);
  const found = ("problems" in read ? read.problems : []).map(({ path, problem }) => ({
    path: path.startsWith("TENANTS_ALLOWED_HOSTS") ? "allowedHosts" : `configuration.${path}`,
    message: problem,
  }));
  const known = new Set(found.map(({ path }) => path));
  return [
    ...found,
    ...Object.entries(configuration).flatMap(([key, value]) => {
      const path = `configuration.${key}`;
      const message = known.has(path) ? undefined : problemOfValue(stage, key, value);
      return message === undefined ? [] : [{ path, message }];
    }),
    ...Object.keys(approvals.byKind)
      .filter((kind) => !requestKinds.some((known) => known === kind))
      .map((kind) => ({
        path: `approvals.byKind.${kind}`,
        message: `is not a kind of request: it must be one of ${requestKinds.join(", ")}`,
      })),
  ];
}

function problemOfValue(stage: string, key: string, value: unknown): string | undefined {
  if (setByService.includes(key)) return "is set by the service: remove it";
  if (key === "tenants:stage" && value !== stage) return `must be ${stage}, or omitted`;
  if (!isTextKey(key) || (typeof value !== "number" && typeof value !== "boolean")) return undefined;
  return `${value} is a ${typeof value} to YAML: write it in quotes`;
}
