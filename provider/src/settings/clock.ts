import { z } from "zod";

import { TenantManagementError } from "../client/errors";
import { isLoopback } from "../client/hosts";
import type { EnvironmentVariables } from "./own-process";

/** A day in milliseconds. */
export const dayMs = 24 * 3_600_000;

/** Returns the time. */
export type Clock = () => Date;

const instant = z.iso.datetime({ offset: true });

/**
 * Opens the clock by which credentials age: this machine's, unless the environment variable `TENANTS_NOW`
 * stops it at an instant (RFC 3339). It does so only in a sandbox: dates written by a wrong clock would
 * postpone rotations.
 *
 * @param apiUrl the base URL of the Tenant Management API
 * @param environment the environment variables of this run
 * @throws TenantManagementError `INPUT_INVALID` if the variable is set and the API is not on loopback, or if
 * it is not an instant
 * @see {@link https://www.rfc-editor.org/rfc/rfc3339#section-5.6 RFC 3339, date-time}
 */
export function openClock(apiUrl: string, environment: EnvironmentVariables): Clock {
  const set = environment["TENANTS_NOW"];
  if (set === undefined || set === "") return () => new Date();
  if (!isLoopback(apiUrl)) {
    throw new TenantManagementError(
      "INPUT_INVALID",
      `The environment variable TENANTS_NOW sets the clock only against a sandbox, but tenants:apiUrl is ${apiUrl}. Nothing was changed. Run \`unset TENANTS_NOW\`, then the same command again.`,
    );
  }
  if (!instant.safeParse(set).success) {
    throw new TenantManagementError(
      "INPUT_INVALID",
      "The environment variable TENANTS_NOW must be an RFC 3339 date and time, such as 2027-01-01T00:00:00Z, or unset.",
    );
  }
  return () => new Date(set);
}
