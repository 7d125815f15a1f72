import { z } from "zod";

import { databaseUrl } from "./database-url";

const port = z.coerce.number().int().min(0).max(65_535);

/** The environment of the web process. A secret may end with a file's line end. */
export const webEnvironmentSchema = z.object({
  /** The runtime role's. */
  DATABASE_URL: databaseUrl,
  SERVICE_SETTINGS: z.string().min(1),
  /** Default: loopback, for a proxy on the same machine. */
  SERVICE_HOST: z.string().default("127.0.0.1"),
  SERVICE_PORT: port.default(8080),
  SERVICE_METRICS_PORT: port.default(9464),
  /** The secret of the service's client at the issuer. */
  SERVICE_CLIENT_SECRET: z.string().trim().min(1),
  /**
   * 32 random bytes: encrypts what a browser stores during a log-in. Tools write base64url or base64, and both with `=` at
   * the end.
   */
  SERVICE_SESSION_KEY: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9+/_-]{43}=?$/, "must be 32 random bytes, base64url")
    .transform((text) => Buffer.from(text, "base64url")),
  SERVICE_APPROVAL_KEY: z.string().min(1),
});
