import { z } from "zod";

import { stages } from "./cells";

const rateLimitSchema = z.strictObject({
  /** How many requests are added to the bucket per second. */
  perSecond: z.number().positive(),
  /** The size of the bucket, in requests. */
  burst: z.number().int().positive(),
  /** How a 429 says when to retry: `Retry-After` in seconds, as an HTTP date, or not at all. */
  retryAfter: z.enum(["seconds", "date", "absent"]).default("seconds"),
});

/** The API's rate limit: one token bucket for the whole organization. */
export type RateLimit = z.output<typeof rateLimitSchema>;

const settingsShape = {
  /** The quota of tenants of the organization; default 20. */
  quota: z.number().int().nonnegative(),
  /** The rate limit of the API; default `null`, none. Token endpoints have none. */
  rateLimit: rateLimitSchema.nullable(),
  /** The least duration of each response of the API and the token endpoints, in milliseconds; default 0. */
  latencyMs: z.number().nonnegative(),
  /**
   * The form of a tenant's `_links["documents-ui"]`: an `array` of `{href, rel}` (default), an `object` of
   * the same by cell, or `none`.
   */
  uiLinks: z.enum(["array", "object", "none"]),
  /** Whether an application has `_links.token_url`; default true. */
  tokenUrlLink: z.boolean(),
  /** The origin of the applications' authorization servers in responses; default `null`, their real one. */
  authServerOrigin: z.url().nullable(),
  /** The domain of the Web UIs in responses; default `null`, the vendor's. */
  webUiDomain: z.string().nullable(),
  /** How long an access token is valid, in seconds; default 3600. */
  accessTokenTtlS: z.number().int().nonnegative(),
  /** How long a create of an application does not find a new tenant (404), in milliseconds; default 0. */
  appCreate404Ms: z.number().nonnegative(),
  /** How long a tenant counts as not empty (409) after its last application was deleted, in milliseconds; default 0. */
  tenantDelete409Ms: z.number().nonnegative(),
  /** How long a name counts as taken (409) after its tenant was deleted, in milliseconds; default 0. */
  nameTaken409Ms: z.number().nonnegative(),
  /** Ids of tenants and applications that no list contains, although they exist; default none. */
  hideFromList: z.array(z.string()),
  /** By how much the lists of tenants and applications lag, in milliseconds; default 0. */
  listStaleMs: z.number().nonnegative(),
  /** Whether `created` and `updated` lack their zone, which is UTC; default false. */
  naiveTime: z.boolean(),
  /**
   * Whether the authorization servers accept a client's Basic credentials without decoding them (RFC 7617),
   * unlike RFC 6749, section 2.3.1; default false.
   */
  basicAsItIs: z.boolean(),
};

/** Parses a change of the settings that can be changed while the sandbox runs. */
export const settingsChangeSchema = z.strictObject(settingsShape).partial();

/** Parses the options of {@link startTenantManagement}. */
export const optionsSchema = settingsChangeSchema.extend({
  /** Which of the vendor's environments to imitate; default `testing`. It determines the cells. */
  stage: z.enum(stages).default("testing"),
  /** The organization's name, as in Web UI host names; default `sandbox`. */
  organization: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/)
    .default("sandbox"),
  /** The port on the loopback interface; default 0, a free one. */
  port: z.number().int().min(0).max(65535).default(0),
  /** A file that stores everything across restarts, secrets included; default: everything is in memory. */
  keptIn: z.string().optional(),
  /** The origin at which clients reach it, if it is behind a proxy; default its own, on loopback. */
  publicOrigin: z.url().optional(),
});

export type SettingsChange = z.input<typeof settingsChangeSchema>;
export type StartOptions = z.input<typeof optionsSchema>;

/** The present values of the settings that can be changed while the sandbox runs. */
export type Settings = z.output<z.ZodObject<typeof settingsShape>>;

const defaultSettings: Settings = {
  quota: 20,
  rateLimit: null,
  latencyMs: 0,
  uiLinks: "array",
  tokenUrlLink: true,
  authServerOrigin: null,
  webUiDomain: null,
  accessTokenTtlS: 3600,
  appCreate404Ms: 0,
  tenantDelete409Ms: 0,
  nameTaken409Ms: 0,
  hideFromList: [],
  listStaleMs: 0,
  naiveTime: false,
  basicAsItIs: false,
};

/** Returns the settings after a change; omitted or undefined ones stay. */
export function applyChange(
  change: z.output<typeof settingsChangeSchema>,
  settings: Settings = defaultSettings,
): Settings {
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  return { ...settings, ...given };
}
