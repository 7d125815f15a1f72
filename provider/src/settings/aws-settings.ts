import { z } from "zod";

import { stageTable } from "../client/cells";
import { type HostRules, refusalOfUrl, wayToAllow } from "../client/hosts";
import { parseJson } from "../client/json";
import type { ConfigurationProblem } from "./problem";

/**
 * The keys of the namespace `aws` that choose where AWS calls, and with them secrets, go. In production they
 * may name only hosts that the environment allows, so that editing a stack's file cannot redirect secrets.
 */

/** Returns the value of a key of the namespace `aws`, or undefined. */
export type AwsValue = (key: string) => string | undefined;

const endpointsSchema = z.array(z.record(z.string(), z.string()));

/** Keys that are a URL, or may be. */
const urlKeys = ["ec2MetadataServiceEndpoint", "httpProxy", "httpsProxy"];

/** Keys that let another server answer in AWS's name, with their replacement. */
const refusedKeys: Readonly<Record<string, string>> = {
  insecure: "disables the check of AWS's certificates: remove it",
  customCaBundle:
    "names a file that decides which certificates count as AWS's: remove it, and set the environment variable AWS_CA_BUNDLE",
  sharedConfigFiles:
    "names files that can send AWS calls to any endpoint: remove it, and set the environment variable AWS_CONFIG_FILE",
};

/** Finds AWS settings in the configuration that the stage does not allow. */
export function awsProblems(get: AwsValue, rules: HostRules): ConfigurationProblem[] {
  if (stageTable[rules.stage].allowsAnyAwsEndpoint) return [];
  const urls = [
    ...endpointsOf(get("endpoints")),
    ...urlKeys.flatMap((key) => {
      const url = get(key);
      return url === undefined || url === "" ? [] : [{ path: `aws:${key}`, url }];
    }),
  ];
  return [
    ...urls.flatMap(({ path, url }) => urlProblems(path, url, rules)),
    ...regionProblems(get("region")),
    ...Object.entries(refusedKeys).flatMap(([key, problem]) => {
      const value = get(key);
      return value === undefined || ["", "false", "[]"].includes(value)
        ? []
        : [{ path: `aws:${key}`, problem }];
    }),
  ];
}

/** A region becomes part of a host's name. */
function regionProblems(region: string | undefined): ConfigurationProblem[] {
  if (region === undefined || region === "" || /^[a-z0-9-]+$/.test(region)) return [];
  return [{ path: "aws:region", problem: "must be the name of an AWS region, such as eu-west-1" }];
}

function urlProblems(path: string, url: string | undefined, rules: HostRules): ConfigurationProblem[] {
  if (url === undefined) return [{ path, problem: "must be a list of {<service>: <URL>}" }];
  const refusal = refusalOfUrl(url, "aws", rules);
  if (refusal === undefined) return [];
  const way = wayToAllow([refusal], rules);
  return [{ path, problem: way === "" ? refusal.problem : `${refusal.problem}. ${way}` }];
}

/** @returns each with its path; one without a URL if the value cannot be parsed */
function endpointsOf(json: string | undefined): Array<{ path: string; url: string | undefined }> {
  if (json === undefined) return [];
  const { data } = endpointsSchema.safeParse(parseJson(json));
  if (data === undefined) return [{ path: "aws:endpoints", url: undefined }];
  return data.flatMap((endpoints, index) =>
    Object.entries(endpoints).map(([service, url]) => ({ path: `aws:endpoints[${index}].${service}`, url })),
  );
}
