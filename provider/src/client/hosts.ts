import { authorizationDomain, type Stage, stages, stageTable } from "./cells";
import { printable } from "./text";

/*
 * Which hosts a run may call, and may store in outputs: the vendor's of its stage, and those that its environment
 * allows. A URL that is not in the usual form is refused: two programs could read it differently.
 */

/** What a URL is for: the Tenant Management API, a token endpoint, a Web UI, or a service of AWS. */
export type UrlUse = "api" | "token" | "webUi" | "aws";

/** The rules for a run's hosts. */
export interface HostRules {
  stage: Stage;
  /** The hosts that the environment allows besides the vendor's; each checked by {@link problemOfAllowedHost}. */
  allowedHosts: readonly string[];
  /** How to allow hosts, as the end of a sentence: {@link allowInEnvironment} by default. */
  toAllow?: ToAllow | undefined;
}

/**
 * Says how to allow hosts.
 *
 * @param them `it`, or `them`
 * @param hosts all that are to be allowed
 */
export type ToAllow = (them: string, hosts: readonly string[]) => string;

/** Why a URL is refused. */
export interface UrlRefusal {
  /** A phrase to follow the URL's name: `is "https://…", at a host that …`. */
  problem: string;
  /** The host that could be allowed; missing if that would not help. */
  host?: string;
}

const loopbackHosts = new Set(["localhost", "127.0.0.1", "[::1]"]);
const defaultPorts: Readonly<Record<string, string>> = { "https:": "443", "http:": "80" };

/**
 * Returns why a stack of a stage may not use a URL.
 *
 * @returns undefined if it may
 */
export function refusalOfUrl(text: string, use: UrlUse, rules: HostRules): UrlRefusal | undefined {
  const url = parseUrl(text, use);
  const is = `is "${shownUrl(text)}"`;
  if (url === undefined) return { problem: `${is}; it ${wantedForm(use)}` };
  const { stage, allowedHosts } = rules;
  if (isVendors(url, use, stage)) return undefined;
  const owner = otherStageOf(url.hostname, stage);
  if (owner !== undefined) {
    return {
      problem: `${is}, a host of stage ${owner}; this stack is of stage ${stage} and never reaches it: use one stack per stage`,
    };
  }
  if (loopbackHosts.has(url.hostname) && stageTable[stage].allowsLoopback) return undefined;
  if (allowedHosts.some((entry) => matches(entry, url, use))) return undefined;
  return { problem: `${is}, at a host that stage ${stage} does not allow`, host: url.host };
}

/**
 * Returns what is wrong with the form of a URL for credentials; its host is not checked.
 *
 * @returns what it must be; undefined if its form is correct
 */
export function problemOfForm(text: string): string | undefined {
  return parseUrl(text, "api") === undefined ? `is "${shownUrl(text)}"; it ${wantedForm("api")}` : undefined;
}

/** Returns a sentence that says how to allow refused hosts; empty if that is impossible. */
export function wayToAllow(
  refusals: readonly UrlRefusal[],
  { allowedHosts, toAllow = allowInEnvironment }: HostRules,
): string {
  const hosts = refusals.flatMap(({ host }) => host ?? []);
  if (hosts.length === 0) return "";
  const [what, them] = new Set(hosts).size === 1 ? ["this host", "it"] : ["these hosts", "them"];
  return `If you are sure of ${what}, ${toAllow(them, [...new Set([...allowedHosts, ...hosts])])}`;
}

const allowInEnvironment: ToAllow = (them, hosts) =>
  `allow ${them} in the environment of this command (the configuration cannot): export TENANTS_ALLOWED_HOSTS='${hosts.join(",")}'`;

/**
 * Returns what is wrong with an entry of `TENANTS_ALLOWED_HOSTS`.
 *
 * @returns undefined if it is a host, a host with its port, or `*.` and a domain of two labels or more
 */
export function problemOfAllowedHost(entry: string): string | undefined {
  const host = entry.startsWith("*.") ? entry.slice(2) : entry;
  const isWildcard = host !== entry;
  const url = URL.parse(`https://${host}`);
  const isHost =
    url !== null &&
    [url.host, `${url.hostname}:443`].includes(host) &&
    !url.hostname.endsWith(".") &&
    /^[a-z0-9.:[\]-]*[a-z0-9\]]$/.test(host);
  const isDomain = /^(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*$/.test(host);
  if (isWildcard ? isDomain : isHost) return undefined;
  return (
    `"${shownUrl(entry)}" is not an allowed form: a host with its port (proxy.example.com:8443), a host alone for any port, ` +
    "or *.domain for Web UI links, with a domain of at least two labels. Omit https://, paths and a final dot"
  );
}

/** Formats a URL for a message, without user, query and fragment, which may contain credentials. */
export function shownUrl(text: string): string {
  const shown = text
    .replace(/^([a-z][a-z0-9+.-]*:)?[/\\]*[^/\\?#]*@/i, "$1//…@")
    .replace(/([?#])[^]*$/, "$1…");
  return printable(shown);
}

/** Parses a URL in its usual form: as the URL standard writes it, except for a slash after the host. */
function parseUrl(text: string, use: UrlUse): URL | undefined {
  const url = URL.parse(text);
  if (url === null || (url.href !== text && url.href !== `${text}/`)) return undefined;
  if (url.username !== "" || url.password !== "" || url.hostname.endsWith(".")) return undefined;
  if (use !== "webUi" && /[?#]/.test(text)) return undefined;
  const isPlain = url.protocol === "http:" && use !== "webUi" && loopbackHosts.has(url.hostname);
  return url.protocol === "https:" || isPlain ? url : undefined;
}

function wantedForm(use: UrlUse): string {
  const rest = use === "webUi" ? "without a user" : "without user, query or fragment (http only on loopback)";
  return `must be an https URL ${rest}, in its usual form: lower-case host without a final dot or the scheme's default port`;
}

function isVendors(url: URL, use: UrlUse, stage: Stage): boolean {
  if (url.protocol !== "https:" || url.port !== "") return false;
  const { apiUrl, documentsDomain } = stageTable[stage];
  switch (use) {
    case "api":
      return url.hostname === new URL(apiUrl).hostname;
    case "token":
      return isBelow(url.hostname, authorizationDomain);
    case "webUi":
      return isBelow(url.hostname, documentsDomain);
    case "aws":
      return false;
  }
}

/** A stage is bound to its hosts: the environment cannot allow those of another stage. */
function otherStageOf(hostname: string, stage: Stage): Stage | undefined {
  return stages.find((other) => {
    const { apiUrl, documentsDomain } = stageTable[other];
    return (
      other !== stage &&
      (hostname === new URL(apiUrl).hostname ||
        hostname === documentsDomain ||
        isBelow(hostname, documentsDomain))
    );
  });
}

function isBelow(hostname: string, domain: string): boolean {
  return hostname.endsWith(`.${domain}`);
}

function matches(entry: string, url: URL, use: UrlUse): boolean {
  if (entry.startsWith("*.")) return use === "webUi" && isBelow(url.hostname, entry.slice(2));
  const port = url.port === "" ? defaultPorts[url.protocol] : url.port;
  return entry === url.hostname || entry === `${url.hostname}:${port}`;
}

/** Returns whether a URL is on loopback. */
export function isLoopback(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && loopbackHosts.has(url.hostname);
}
