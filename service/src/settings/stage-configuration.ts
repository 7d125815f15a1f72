import { allowedHostsIn } from "pulumi-resistant-tenants/internal/settings";
import { type ConfigurationContext, readConfiguration } from "resistant-tenants-stacks/configuration";
import { isTextKey, textOf } from "resistant-tenants-stacks/text-keys";

import { requestKinds } from "../requests/request";
import type { ServiceSettings, StageSettings } from "./settings";

/** The settings from which the configuration of a stack is made. */
export interface StackSources {
  stages: Partial<Record<string, Pick<StageSettings, "configuration" | "allowedHosts">>>;
  work: Pick<ServiceSettings["work"], "journal">;
}

/** A mistake in the settings of a stage. */
interface StageProblem {
  /** Its path in `service.yaml`. */
  path: string;
  message: string;
}

const namespace = "tenants:";

/** Keys that the service sets in each stack. */
const setByService = ["tenants:customers", "tenants:customersFrom", "tenants:journal"];

/** Returns the value of a key as a program gets it; undefined if the key is missing. */
export function textIn(configuration: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = configuration[key];
  return value === undefined ? undefined : textOf(value);
}

/** The configuration of a stack. */
interface StackConfiguration {
  /** As in the stack's file, by key with its namespace. */
  all: Readonly<Record<string, unknown>>;
  /** As its program gets it, by key with its namespace. */
  texts: Readonly<Record<string, string>>;
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
  { stages, work }: StackSources,
  stage: string,
  customers: readonly object[],
): StackConfiguration {
  const { configuration = {}, allowedHosts = [] } = stages[stage] ?? {};
  const all = {
    ...configuration,
    "tenants:stage": stage,
    "tenants:journal": work.journal,
    "tenants:customers": customers,
  };
  const texts = Object.fromEntries(Object.entries(all).map(([key, value]) => [key, textOf(value)]));
  const own = Object.entries(texts).filter(([key]) => key.startsWith(namespace));
  return {
    all,
    texts,
    values: new Map(own.map(([key, text]) => [key.slice(namespace.length), text])),
    context: {
      awsRegion: texts["aws:region"],
      otherKeys: Object.keys(texts).filter((key) => !key.startsWith(namespace)),
      allowedHosts: hostsOf(allowedHosts),
      aws: (key) => texts[`aws:${key}`],
      toAllow: (them) => `add ${them} to \`allowedHosts\` of the stage`,
    },
  };
}

/** Reads `allowedHosts` as the engine reads `TENANTS_ALLOWED_HOSTS`. */
function hostsOf(allowedHosts: readonly string[]): readonly string[] {
  return allowedHostsIn({ TENANTS_ALLOWED_HOSTS: allowedHosts.join(",") });
}

/**
 * Finds mistakes in a stage's settings that its stacks would refuse, or that no one would notice. One in the journal,
 * which all stages have, is found in each.
 */
export function problemsOfStage(
  sources: StackSources,
  stage: string,
  { configuration, approvals }: StageSettings,
): StageProblem[] {
  const { values, context } = configurationOf(sources, stage, []);
  values.delete("customersFrom");
  const read = readConfiguration(values, context);
  const found = ("problems" in read ? read.problems : []).map(({ path, problem }) => ({
    path: pathOf(stage, path),
    message: problem,
  }));
  const known = new Set(found.map(({ path }) => path));
  return [
    ...found,
    ...Object.entries(configuration).flatMap(([key, value]) => {
      const path = `stages.${stage}.configuration.${key}`;
      const message = known.has(path) ? undefined : problemOfValue(stage, key, value);
      return message === undefined ? [] : [{ path, message }];
    }),
    ...Object.keys(approvals.byKind)
      .filter((kind) => !requestKinds.some((known) => known === kind))
      .map((kind) => ({
        path: `stages.${stage}.approvals.byKind.${kind}`,
        message: `is not a kind of request: it must be one of ${requestKinds.join(", ")}`,
      })),
  ];
}

/** Returns where `service.yaml` has what a stack's problem is about. */
function pathOf(stage: string, path: string): string {
  if (path === "tenants:journal") return "work.journal";
  if (path.startsWith("TENANTS_ALLOWED_HOSTS")) return `stages.${stage}.allowedHosts`;
  return `stages.${stage}.configuration.${path}`;
}

function problemOfValue(stage: string, key: string, value: unknown): string | undefined {
  if (!key.includes(":")) return `has no namespace: write tenants:${key}`;
  if (setByService.includes(key)) return "is set by the service: remove it";
  if (key === "tenants:stage" && value !== stage) return `must be ${stage}, or omitted`;
  if (!isTextKey(key) || (typeof value !== "number" && typeof value !== "boolean")) return undefined;
  return `${value} is a ${typeof value} to YAML: write it in quotes`;
}
