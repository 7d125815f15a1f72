import { z } from "zod";

import { TenantManagementError } from "../client/errors";
import { isLoopback } from "../client/hosts";
import type { EnvironmentVariables } from "./environment";

/** Tells the time. */
export type Clock = () => Date;

const instant = z.iso.datetime({ offset: true });

/**
 * Opens the clock by which credentials age: this machine's own, unless the environment variable `TENANTS_NOW` stops it
 * at an instant (RFC 3339). It does so in a sandbox alone: dates that are written by a wrong clock postpone rotations.
 *
 * @param apiUrl the base URL of the Tenant Management API
 * @param environment the environment variables of this run
 * @throws TenantManagementError `INPUT_INVALID` where the variable is set and the API is not on loopback, or where it
 *   holds something else than an instant
 * @see {@link https://www.rfc-editor.org/rfc/rfc3339#section-5.6 RFC 3339, date-time}
 */
export function openClock(apiUrl: string, environment: EnvironmentVariables): Clock {
  const set = environment["TENANTS_NOW"];
  if (set === undefined || set === "") return () => new Date();
  if (!isLoopback(apiUrl)) {
    throw new TenantManagementError(
      "INPUT_INVALID",
      `The environment variable TENANTS_NOW sets the clock of a sandbox, and tenants:apiUrl is ${apiUrl}. Nothing was changed. Run \`unset TENANTS_NOW\`, and the same command again.`,
    );
  }
  if (!instant.safeParse(set).success) {
    throw new TenantManagementError(
      "INPUT_INVALID",
      "The environment variable TENANTS_NOW must be a date and time of RFC 3339, such as 2027-01-01T00:00:00Z, or not be set.",
    );
  }
  return () => new Date(set);
}
