import { z } from "zod";

/** The URL of the service's database, which contains a password: no error repeats it. */
export const databaseUrl = z.url({
  error: ({ input }) =>
    input === undefined
      ? "must be given"
      : "must be postgres://<user>:<password>@<host>:<port>/<database>, with the password's special characters percent-encoded",
});
