import { readFileSync } from "node:fs";
import path from "node:path";

/**
 * Reads where the AWS services of a profile are, from AWS's shared configuration file. The AWS SDK for JavaScript reads
 * only the profile of `AWS_PROFILE`, and after a client is made: too late to address a bucket accordingly.
 *
 * @param profile default: `default`
 * @param services the services' names there, such as `secrets_manager`
 * @returns the URLs, by the service's name; of those that have one
 * @see {@link https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html Service-specific endpoints}
 */
export function endpointsOfProfile(
  environment: Readonly<Record<string, string | undefined>>,
  profile = "default",
  services: readonly string[],
): ReadonlyMap<string, string> {
  const sections = readSections(environment);
  const own =
    sections.get(`profile ${profile}`) ?? (profile === "default" ? sections.get("default") : undefined);
  if (own?.get("ignore_configured_endpoint_urls")?.toLowerCase() === "true") return new Map();
  const ofServices = sections.get(`services ${own?.get("services") ?? ""}`);
  return new Map(
    services.flatMap((service) => {
      const url = ofServices?.get(`${service}.endpoint_url`) ?? own?.get("endpoint_url") ?? "";
      return url === "" ? [] : [[service, url] as const];
    }),
  );
}

/** Reads the keys of each section; one below another as `s3.endpoint_url`. */
function readSections(
  environment: Readonly<Record<string, string | undefined>>,
): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const { AWS_CONFIG_FILE: file = "", HOME: home = "", USERPROFILE: ofWindows = "" } = environment;
  const folder = home === "" ? ofWindows : home;
  const sections = new Map<string, Map<string, string>>();
  if (file === "" && folder === "") return sections;
  let section = new Map<string, string>();
  let parent = "";
  for (const line of textOf(file === "" ? path.join(folder, ".aws", "config") : file).split(/\r?\n/)) {
    const content = line.replace(/(?:^|\s)[#;].*$/, "");
    const [, name] = /^\s*\[\s*(.+?)\s*\]\s*$/.exec(content) ?? [];
    const [, indent, key = "", value = ""] = /^(\s*)([^=\s]+)\s*=\s*(.*?)\s*$/.exec(content) ?? [];
    if (name !== undefined) {
      section = new Map<string, string>();
      sections.set(name.replace(/^(\S+)\s+["']?(.+?)["']?$/, "$1 $2"), section);
      parent = "";
    } else if (indent === "" || (indent !== undefined && parent === "")) {
      section.set(key, value);
      // Only below a key without a value are indented keys its own.
      parent = value === "" ? key : "";
    } else if (indent !== undefined) section.set(`${parent}.${key}`, value);
  }
  return sections;
}

/** The AWS SDK reports a file that cannot be read, if it is needed. */
function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
