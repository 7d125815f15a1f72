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

function parseTime(text: string): Date {
  const time = new Date(text);
  if (!/^\d{4}-\d{2}-\d{2}T.*(?:Z|[+-]\d{2}:\d{2})$/.test(text) || Number.isNaN(time.getTime()))
    throw new InvalidArgumentError("It must be a day (2026-11-01, UTC) or a time (2026-11-01T08:30:00Z).");
  return time;
}
