import { InvalidArgumentError } from "commander";

import type { Operation } from "./operation";

/** The criteria of a search; all of them must hold. */
export interface Filter {
  customer?: string;
  actor?: string;
  since?: Date;
  until?: Date;
}

/** Returns whether an operation meets the criteria. */
export function isAskedFor({ customer, actor, since, until }: Filter, operation: Operation): boolean {
  const begun = Date.parse(operation.time);
  return (
    (customer === undefined || operation.customer === customer) &&
    (actor === undefined ||
      isActor(actor, operation.actor) ||
      isActor(actor, operation.claimedActor ?? "")) &&
    (since === undefined || begun >= since.getTime()) &&
    (until === undefined || begun <= until.getTime())
  );
}

/** `octocat` finds `github:octocat`, `deploy` finds `deploy@build-7`. */
function isActor(wanted: string, actor: string): boolean {
  return actor === wanted || actor.endsWith(`:${wanted}`) || actor.startsWith(`${wanted}@`);
}

const day = /^\d{4}-\d{2}-\d{2}$/;

/** Parses the first moment of a search: of a day, its beginning. */
export function parseSince(text: string): Date {
  return parseTime(day.test(text) ? `${text}T00:00:00Z` : text);
}

/** Parses the last moment of a search: of a day, its end. */
export function parseUntil(text: string): Date {
  return parseTime(day.test(text) ? `${text}T23:59:59.999Z` : text);
}

function isOn(date: string, time: Date): boolean {
  return date !== "" && !Number.isNaN(time.getTime()) && time.toISOString().startsWith(date);
}

function parseTime(text: string): Date {
  const time = new Date(text);
  const [, date = "", clock = ""] = /^(\d{4}-\d{2}-\d{2})T(.*)(?:Z|[+-]\d{2}:\d{2})$/.exec(text) ?? [];
  // JavaScript takes February 30 for March 2.
  const asGiven = new Date(`${date}T${clock}Z`);
  if (Number.isNaN(time.getTime()) || !isOn(date, asGiven))
    throw new InvalidArgumentError("It must be a day (2026-11-01, UTC) or a time (2026-11-01T08:30:00Z).");
  return time;
}

/** Parses the hash of an event, with or without `sha256:` before it: `sha256sum` prints none. */
export function parseHash(text: string): string {
  const [, digits] = /^(?:sha256:)?([0-9a-f]{64})$/i.exec(text.trim()) ?? [];
  if (digits === undefined)
    throw new InvalidArgumentError("It must be a hash: sha256: and 64 hexadecimal digits.");
  return `sha256:${digits.toLowerCase()}`;
}
