import { BlockList, isIP } from "node:net";

import { TenantManagementError } from "./errors";

/** A proxy for requests. */
export interface Proxy {
  /** With user and password, if any: never for a message. */
  url: URL;
  /**
   * The proxy's address and its setting, for messages: `http://proxy.example:8080 (HTTPS_PROXY)`. It contains
   * no credential.
   */
  shown: string;
}

/** The variables of a run's environment. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Decides which requests use a proxy, and which one. Requests to loopback, and to the addresses from which
 * AWS gives an instance or a container its credentials, never do.
 */
export class Proxies {
  /** Every request is sent directly. */
  static readonly none = new Proxies({}, []);

  readonly #exceptions: readonly Exception[];

  /** @param noProxy entries as in `NO_PROXY` */
  constructor(
    private readonly byScheme: Readonly<{ http?: Proxy | undefined; https?: Proxy | undefined }>,
    noProxy: readonly string[],
  ) {
    this.#exceptions = noProxy.map(toException);
  }

  /** Returns whether no request uses a proxy. */
  get areNone(): boolean {
    return this.byScheme.http === undefined && this.byScheme.https === undefined;
  }

  /** Returns the proxy for a request to a URL; undefined if it is sent directly. */
  of(target: string | URL): Proxy | undefined {
    const { protocol, hostname, port } = new URL(target);
    const proxy = protocol === "https:" ? this.byScheme.https : this.byScheme.http;
    if (proxy === undefined) return undefined;
    const host = hostname.replace(/^\[|\]$/g, "").toLowerCase();
    const wanted = port === "" ? defaultPorts[protocol] : Number(port);
    return isNeverProxied(host) || this.#exceptions.some((matches) => matches(host, wanted))
      ? undefined
      : proxy;
  }
}

/** The proxies in a stack's own configuration, only for calls to AWS; they take precedence over the environment. */
export interface ConfiguredProxies {
  /** The URL of a proxy, with the key that contains it. */
  http?: Setting | undefined;
  https?: Setting | undefined;
  noProxy?: string | undefined;
}

interface Setting {
  name: string;
  value: string;
}

/**
 * Reads the proxies from the environment: `HTTPS_PROXY`, `HTTP_PROXY` (also for https, without `HTTPS_PROXY`)
 * and `NO_PROXY`, or the same in lower case, which take precedence. An empty variable counts as unset.
 * `ALL_PROXY` is not read: neither Node.js nor the AWS provider follows it.
 *
 * @throws {@link TenantManagementError} `INPUT_INVALID` if one is not the URL of a proxy
 */
export function readProxies(environment: Environment, configured: ConfiguredProxies = {}): Proxies {
  const http = toProxy(configured.http ?? settingIn(environment, "HTTP_PROXY"));
  const https = toProxy(configured.https ?? settingIn(environment, "HTTPS_PROXY")) ?? http;
  const noProxy = configured.noProxy ?? settingIn(environment, "NO_PROXY")?.value ?? "";
  return new Proxies(
    { http, https },
    noProxy.split(/[,\s]+/).filter((entry) => entry !== ""),
  );
}

/** As curl and Node.js do. */
function settingIn(environment: Environment, name: string): Setting | undefined {
  const given = [name.toLowerCase(), name].map((used) => ({
    name: used,
    value: environment[used]?.trim() ?? "",
  }));
  return given.find(({ value }) => value !== "");
}

function toProxy(setting: Setting | undefined): Proxy | undefined {
  if (setting === undefined) return undefined;
  const { name, value } = setting;
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`);
  const isProxy =
    url !== null &&
    ["http:", "https:"].includes(url.protocol) &&
    url.hostname !== "" &&
    [url.username, url.password].every(isDecodable);
  if (isProxy) return { url, shown: `${url.origin} (${name})` };
  // The value may contain a password.
  throw new TenantManagementError(
    "INPUT_INVALID",
    `${name} is not the URL of an HTTP proxy: write http://<host>:<port>, or http://<user>:<password>@<host>:<port> with special characters percent-encoded.`,
  );
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

const defaultPorts: Readonly<Record<string, number>> = { "https:": 443, "http:": 80 };

/** Returns whether requests to a host use no proxy. */
type Exception = (host: string, port: number | undefined) => boolean;

/**
 * Reads an entry of `NO_PROXY`: a host, which includes its subdomains, optionally after a dot or `*.`; an address; a
 * range of addresses (`10.0.0.0/8`); or `*` for all. A host or an address may have a port.
 */
function toException(entry: string): Exception {
  if (entry === "*") return () => true;
  const range = rangeOf(entry);
  if (range !== undefined) return (host) => isInList(range, host);
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|(.+?))(?::(\d+))?$/.exec(entry) ?? [];
  // The last part of an IPv6 address without brackets is not a port.
  const [text, only] = isIP(entry) === 6 ? [entry, undefined] : [bracketed ?? plain ?? entry, port];
  // As a URL writes an IPv6 address: `2001:DB8:0::1` is `2001:db8::1`.
  const address = isIP(text) === 6 ? URL.parse(`http://[${text}]`)?.hostname.slice(1, -1) : undefined;
  const name =
    address ??
    text
      .toLowerCase()
      .replace(/^\*?\./, "")
      .replace(/\.$/, "");
  return (host, actual) =>
    (only === undefined || Number(only) === actual) && (host === name || host.endsWith(`.${name}`));
}

function rangeOf(entry: string): BlockList | undefined {
  const [, address = "", prefix] = /^(.+)\/(\d{1,3})$/.exec(entry) ?? [];
  const family = isIP(address);
  if (family === 0 || Number(prefix) > (family === 4 ? 32 : 128)) return undefined;
  const list = new BlockList();
  list.addSubnet(address, Number(prefix), family === 4 ? "ipv4" : "ipv6");
  return list;
}

function isInList(list: BlockList, host: string): boolean {
  const family = isIP(host);
  return family !== 0 && list.check(host, family === 4 ? "ipv4" : "ipv6");
}

/**
 * The instance metadata service, and the services that give credentials to containers of ECS and EKS.
 *
 * @see {@link https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html Container credential provider}
 */
const credentialAddresses = [
  "169.254.169.254",
  "169.254.170.2",
  "169.254.170.23",
  "fd00:ec2::254",
  "fd00:ec2::23",
];

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Returns whether a host is loopback, or gives AWS credentials to this machine. Requests to it use no proxy. */
export function isNeverProxied(host: string): boolean {
  return (
    host === "localhost" ||
    host.endsWith(".localhost") ||
    credentialAddresses.includes(host) ||
    isInList(loopback, host)
  );
}
