import { z } from "zod";

import { stages } from "./cells";

const rateLimitSchema = z.strictObject({
  /** How many requests the bucket regains per second. */
  perSecond: z.number().positive(),
  /** How many requests the bucket holds. */
  burst: z.number().int().positive(),
  /** How a 429 says when to come back: `Retry-After` in seconds, as an HTTP date, or not at all. */
  retryAfter: z.enum(["seconds", "date", "absent"]).default("seconds"),
});

/** How the API limits the rate of requests: one token bucket for the whole organization. */
export type RateLimit = z.output<typeof rateLimitSchema>;

const settingsShape = {
  /** How many tenants the organization may have; default 20. */
  quota: z.number().int().nonnegative(),
  /** The rate limit of the API; `null`, the default, is none. Token endpoints have none. */
  rateLimit: rateLimitSchema.nullable(),
  /** How long each answer of the API and the token endpoints takes at least, in milliseconds; default 0. */
  latencyMs: z.number().nonnegative(),
  /**
   * What a tenant's `_links["documents-ui"]` is: an `array` of `{href, rel}` (the default), an `object` of the same
   * by cell, or `none` at all.
   */
  uiLinks: z.enum(["array", "object", "none"]),
  /** Whether an application has `_links.token_url`; default true. */
  tokenUrlLink: z.boolean(),
  /** Where the answers say that the applications' authorization servers are; default `null`, where they are. */
  authServerOrigin: z.url().nullable(),
  /** The domain of the Web UIs that the answers name; default `null`, the vendor's. */
  webUiDomain: z.string().nullable(),
  /** How long an access token is valid, in seconds; default 3600. */
  accessTokenTtlS: z.number().int().positive(),
  /** For how long a new tenant is not found (404) by a create of an application, in milliseconds; default 0. */
  appCreate404Ms: z.number().nonnegative(),
  /** For how long a tenant counts as not empty (409) after its last application was deleted, in milliseconds; default 0. */
  tenantDelete409Ms: z.number().nonnegative(),
  /** For how long a name counts as taken (409) after its tenant was deleted, in milliseconds; default 0. */
  nameTaken409Ms: z.number().nonnegative(),
  /** Ids of tenants and applications that no list has, while everything else answers for them; default none. */
  hideFromList: z.array(z.string()),
  /** By how much the lists of tenants and applications lag, in milliseconds; default 0. */
  listStaleMs: z.number().nonnegative(),
  /** Whether `created` and `updated` come without their zone, which is UTC; default false. */
  naiveTime: z.boolean(),
  /**
   * Whether the authorization servers take the Basic credentials of a client as they are (RFC 7617), and do not decode
   * them (RFC 6749, section 2.3.1); default false.
   */
  basicAsItIs: z.boolean(),
};

/** Reads a change of what can be changed while the sandbox runs. */
export const settingsChangeSchema = z.strictObject(settingsShape).partial();

/** Reads what {@link startTenantManagement} is started with. */
export const optionsSchema = settingsChangeSchema.extend({
  /** Which of the vendor's environments to be; default `testing`. It decides which cells there are. */
  stage: z.enum(stages).default("testing"),
  /** The organization's name, as in Web UI host names; default `sandbox`. */
  organization: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/)
    .default("sandbox"),
  /** The port on the loopback interface; default 0, a free one. */
  port: z.number().int().min(0).max(65535).default(0),
  /** The origin by which clients reach it, where something stands before it; default its own, on loopback. */
  publicOrigin: z.url().optional(),
});

export type SettingsChange = z.input<typeof settingsChangeSchema>;
export type StartOptions = z.input<typeof optionsSchema>;

/** What can be changed while the sandbox runs, as it is now. */
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

/** Gives the settings that result from a change; what the change leaves out, or undefined, stays as it is. */
export function applyChange(
  change: z.output<typeof settingsChangeSchema>,
  settings: Settings = defaultSettings,
): Settings {
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  return { ...settings, ...given };
}
