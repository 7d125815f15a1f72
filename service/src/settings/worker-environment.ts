import { z } from "zod";

import { databaseUrl } from "./database-url";

/** The environment of the worker process. A secret may end with a file's line end. */
export const workerEnvironmentSchema = z.object({
  /** The runtime role's. */
  DATABASE_URL: databaseUrl,
  SERVICE_SETTINGS: z.string().min(1),
  /** The port of the metrics for Prometheus; without it, none are served. */
  SERVICE_METRICS_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  SERVICE_HOST: z.string().default("127.0.0.1"),
  /** The password of `mail.user`, which may begin or end with a space. */
  SERVICE_SMTP_PASSWORD: z
    .string()
    .transform((text) => text.replace(/[\r\n]+$/, ""))
    .pipe(z.string().min(1))
    .optional(),
});
