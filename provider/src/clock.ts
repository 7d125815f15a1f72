import { z } from "zod";

import { TenantManagementError } from "./client/errors";

/** Tells the time. */
export type Clock = () => Date;

const instant = z.iso.datetime({ offset: true });

/**
 * Opens the clock by which credentials age: this machine's own, unless the environment variable `TENANTS_NOW` stops it
 * at an instant (RFC 3339), for tests and for a look ahead (`TENANTS_NOW=2027-01-01T00:00:00Z pulumi preview`).
 *
 * @throws TenantManagementError `INPUT_INVALID` where the variable holds something else
 * @see {@link https://www.rfc-editor.org/rfc/rfc3339#section-5.6 RFC 3339, date-time}
 */
export function openClock(): Clock {
  const set = process.env["TENANTS_NOW"];
  if (set === undefined || set === "") return () => new Date();
  if (!instant.safeParse(set).success) {
    throw new TenantManagementError(
      "INPUT_INVALID",
      "The environment variable TENANTS_NOW must be a date and time of RFC 3339, such as 2027-01-01T00:00:00Z, or not be set.",
    );
  }
  return () => new Date(set);
}
