import { z } from "zod";

import { type Stage, stageTable } from "../client/cells";
import { looksLikeCredential } from "../client/redaction";
import type { EnvironmentVariables } from "./own-process";

/** The longest reason, in characters (code points). */
export const longestReason = 500;

/**
 * Characters that cannot be recorded: control characters and line breaks, and those that change the direction
 * of the text after them, which is then displayed differently. Other invisible characters join emoji and
 * letters; code that prints a reason escapes them (`printable`).
 */
const unrecordable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/u;

/** Characters that alone make no readable text: spaces, marks, fillers and the blank of Braille. */
const invisible = /[^\p{L}\p{N}\p{P}\p{S}]|\p{Default_Ignorable_Code_Point}|\u2800/gu;

/** Returns whether a text shows nothing to a reader. */
export function showsNothing(text: string): boolean {
  return text.replace(invisible, "") === "";
}

/** The reason of changes, in the actor's words: one line of 1 to 500 characters. */
export const reasonSchema = z
  .string()
  .trim()
  .refine((text) => !showsNothing(text), "must say why, in 1 to 500 characters")
  .refine((text) => Array.from(text).length <= longestReason, "must be at most 500 characters")
  .refine(
    (text) => !unrecordable.test(text),
    "must be one line without control characters or changes of text direction",
  )
  .refine((text) => !looksLikeCredential(text), "contains a credential: leave it out");

/** How much of a longer text becomes its reason, in characters (code points). */
const longestFound = 200;

/**
 * Finds a reason in any text, such as the message of a commit: its first line that shows something, without the
 * characters that cannot be recorded. No later line: a key in several lines is recognized by its first alone.
 *
 * @returns undefined if no line shows anything, or if that line contains a credential
 */
export function reasonIn(text: string): string | undefined {
  const lines = text.split(/[\n\v\f\r\u0085\u2028\u2029]/u).map((line) => {
    const recordable = line.split(unrecordable).join(" ").trim();
    return Array.from(recordable).slice(0, longestFound).join("");
  });
  return reasonSchema.safeParse(lines.find((line) => !showsNothing(line))).data;
}

/** The relevant configuration. */
export interface ReasonSettings {
  stage: Stage;
  reason?: string | undefined;
}

/** The environment variable that gives the reason. */
const variable = "TENANTS_REASON";

/** What to do if the stage requires a reason and none is given. */
export const reasonRemedy =
  'State the reason, and run the same command again: export TENANTS_REASON="<ticket or sentence>" ' +
  '(or pulumi config set tenants:reason "<ticket or sentence>").';

/**
 * Finds the reason of this run: that of the environment, else that of the configuration. An empty one counts as unset.
 */
export function readReason(
  { reason }: ReasonSettings,
  environment: EnvironmentVariables,
): { reason: string | undefined } | { problem: string } {
  const given = environment[variable];
  if (given === undefined || given.trim() === "") return { reason };
  const parsed = reasonSchema.safeParse(given);
  return parsed.success
    ? { reason: parsed.data }
    : { problem: parsed.error.issues.map(({ message }) => message).join("; ") };
}

/** Returns whether a change needs a reason: every one in production does. */
export function requiresReason({ stage }: ReasonSettings): boolean {
  return stageTable[stage].requiresReason;
}

/**
 * Returns the reason to record with a change.
 *
 * @throws {@link ReasonError} if the stage requires one and none is given, or if it cannot be recorded
 */
export function reasonForChange(
  settings: ReasonSettings,
  environment: EnvironmentVariables,
): string | undefined {
  const read = readReason(settings, environment);
  if ("problem" in read) throw new ReasonError(`${variable} ${read.problem}. Nothing was sent.`);
  if (read.reason === undefined && requiresReason(settings))
    throw new ReasonError(
      `In ${settings.stage} each change needs a reason, but none is given. Nothing was sent. ${reasonRemedy}`,
    );
  return read.reason;
}

/** Thrown if a change was not made because it has no reason. */
export class ReasonError extends Error {
  override readonly name = "ReasonError";
}
