import { readFileSync } from "node:fs";
import tls from "node:tls";

import { TenantManagementError } from "../client/errors";
import { messageOf } from "../client/text";
import type { AwsAccess, AwsCredentials, AwsService } from "./access";
import { explainAwsError } from "./explain";
import { reachMetadataDirectly } from "./metadata-agent";
import { type AwsPatience, callsThatEnd } from "./patience";
import type { ProxyAgent } from "./proxy-agent";
import { type CredentialSource, ofRole, ofWebIdentity } from "./role-credentials";

/** The source of a client's credentials: given ones, a profile, or AWS's own configuration. */
interface Identity {
  credentials?: AwsCredentials | CredentialSource;
  /** Beside credentials, it still gives the region if nothing else does. */
  profile?: string;
}

/** The options that differ for one client. */
export interface ClientOptions {
  /** Default: the region of the run. */
  region?: string | undefined;
  /** Default: the patience of the run. */
  patience?: AwsPatience;
}

/** The part of a client of the AWS SDK's that is used here. */
interface SdkClient {
  middlewareStack: { add(middleware: object, options: object): void };
}

type Handler = (given: unknown) => Promise<unknown>;

/** A run's access to AWS: creates every client of the AWS SDK. Nothing is sent before a client is used. */
export class Aws {
  readonly #access: AwsAccess;
  readonly #identity: Identity;

  constructor(access: AwsAccess) {
    this.#access = access;
    if (!access.proxies.areNone) reachMetadataDirectly();
    this.#identity = this.#identityOf(access);
  }

  /** The region of the run; undefined if only AWS's own configuration contains it. */
  get region(): string | undefined {
    return this.#access.region;
  }

  /**
   * Creates a client. The errors of its calls describe how AWS was called, and what to do.
   *
   * @throws {@link TenantManagementError} `INPUT_INVALID` if the stack's AWS provider reaches AWS in a way
   * that is not supported here
   */
  open<Client extends SdkClient>(
    Constructor: new (options: ReturnType<Aws["sdkOptions"]>) => Client,
    service: AwsService,
    options: ClientOptions = {},
  ): Client {
    const { notFollowed } = this.#access;
    if (notFollowed.length > 0) throw notFollowable(notFollowed);
    const client = new Constructor(this.sdkOptions(service, this.#identity, options));
    this.#explainErrorsOf(client, service, options);
    return client;
  }

  /** Returns the configuration of a client. */
  sdkOptions(service: AwsService, identity: Identity, { region, patience }: ClientOptions) {
    const { endpoints, useFipsEndpoint, useDualstackEndpoint } = this.#access;
    const used = region ?? (service === "sts" ? this.#access.stsRegion : undefined) ?? this.#access.region;
    const endpoint = endpoints[service];
    return {
      ...identity,
      ...(used === undefined ? {} : { region: used }),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(useFipsEndpoint === undefined ? {} : { useFipsEndpoint }),
      ...(useDualstackEndpoint === undefined ? {} : { useDualstackEndpoint }),
      ...(service === "s3" ? this.#ofS3(endpoint) : {}),
      ...this.#sending(patience),
      // The SDK would use those of AWS_PROFILE or of the default profile, whichever profile the stack names.
      ignoreConfiguredEndpointUrls: true,
      // The SDK gives it to the clients of IAM Identity Center (SSO) that get a profile's credentials: they would use no
      // proxy, and wait forever.
      ...(identity.credentials === undefined ? { clientConfig: this.#sending(patience) } : {}),
    };
  }

  #sending(patience: AwsPatience | undefined) {
    const { requestHandler, maxAttempts } = callsThatEnd(patience ?? this.#access.patience);
    return { maxAttempts, requestHandler: { ...requestHandler, ...this.#agents() } };
  }

  #ofS3(endpoint: string | undefined) {
    return {
      forcePathStyle: this.#access.s3UsePathStyle ?? endpoint !== undefined,
      // The events' own hashes show whether they are intact.
      responseChecksumValidation: "WHEN_REQUIRED" as const,
    };
  }

  /** Each client has its own agents, which end with it. */
  #agents(): { httpAgent?: ProxyAgent; httpsAgent?: ProxyAgent | { ca?: string[] } } {
    const { proxies, caBundle } = this.#access;
    const trust = caBundle === undefined ? {} : { ca: certificatesWith(caBundle) };
    if (proxies.areNone) return { httpsAgent: trust };
    // Loaded only if a proxy is set.
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- `import` is not late, or not for CommonJS
    const loaded = require("./proxy-agent") as typeof import("./proxy-agent");
    return {
      httpAgent: new loaded.ProxyAgent(proxies, {}),
      httpsAgent: new loaded.ProxyAgent(proxies, trust),
    };
  }

  #identityOf({ credentials, profile, webIdentity, roles }: AwsAccess): Identity {
    const ofProfile = profile === undefined ? {} : { profile };
    let identity: Identity = { ...ofProfile, ...(credentials === undefined ? {} : { credentials }) };
    const openStsAs = (assuming: Identity) => async () => {
      const { STSClient } = await import("@aws-sdk/client-sts");
      const client = new STSClient(this.sdkOptions("sts", assuming, {}));
      this.#explainErrorsOf(client, "sts", {});
      return client;
    };
    if (webIdentity !== undefined)
      identity = { ...ofProfile, credentials: ofWebIdentity(webIdentity, openStsAs(identity)) };
    for (const role of roles) identity = { ...ofProfile, credentials: ofRole(role, openStsAs(identity)) };
    return identity;
  }

  #explainErrorsOf(client: SdkClient, service: AwsService, { region }: ClientOptions): void {
    client.middlewareStack.add(
      (next: Handler): Handler =>
        async (given) => {
          try {
            return await next(given);
          } catch (error) {
            throw explainAwsError(error, { access: this.#access, service, region });
          }
        },
      { step: "initialize", priority: "high", name: "explainAwsError" },
    );
  }
}

function notFollowable(what: readonly string[]): TenantManagementError {
  return new TenantManagementError(
    "INPUT_INVALID",
    `AWS cannot be called as the stack's AWS provider calls it, which has ${what.join(", and ")}. ` +
      "Use aws:profile, aws:assumeRoles or aws:endpoints, or the environment (AWS_PROFILE, AWS_CONFIG_FILE), which both follow.",
  );
}

/**
 * In addition to the certificates that this machine trusts: behind a proxy that inspects TLS, some hosts have the
 * proxy's.
 */
function certificatesWith(file: string): string[] {
  // Node.js 22.12 does not have it yet.
  const trusted = (tls as Partial<typeof tls>).getCACertificates?.("default") ?? tls.rootCertificates;
  try {
    return [...trusted, readFileSync(file, "utf8")];
  } catch (error) {
    throw new TenantManagementError(
      "INPUT_INVALID",
      `The certificates in ${file} (AWS_CA_BUNDLE, or aws:customCaBundle) cannot be read: ${messageOf(error)}. Name a file of PEM certificates, or unset it.`,
      { cause: error },
    );
  }
}
