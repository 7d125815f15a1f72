import { z } from "zod";

import { type Stage, stageTable } from "../client/cells";
import type { EnvironmentVariables } from "./environment";

/** The longest reason, in characters (code points). */
const longestReason = 500;

/**
 * What cannot be recorded: control characters and line breaks, and what changes the direction of the text after it,
 * which shows a reader something else than is there. The other invisible characters join emoji and letters; whoever
 * prints a reason escapes them (`printable`).
 */
const unrecordable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

/** What leaves nothing to read where it stands alone: spaces, marks, fillers and the blank of Braille. */
const invisible = /[^\p{L}\p{N}\p{P}\p{S}]|\p{Default_Ignorable_Code_Point}|\u2800/gu;

/** Why changes are made, in the words of whoever makes them: one line of 1 to 500 characters. */
export const reasonSchema = z
  .string()
  .trim()
  .refine((text) => text.replace(invisible, "") !== "", "must say why, in 1 to 500 characters")
  .refine((text) => Array.from(text).length <= longestReason, "must be at most 500 characters")
  .refine(
    (text) => !unrecordable.test(text),
    "must be one line without control characters and without changes of the text's direction",
  );

/** What the configuration says of it. */
export interface ReasonSettings {
  stage: Stage;
  reason?: string | undefined;
}

/** The environment variable that gives the reason. */
const variable = "TENANTS_REASON";

/** What to do where the stage requires a reason and there is none. */
export const reasonRemedy =
  'Say why, and run the same command again: export TENANTS_REASON="<ticket or sentence>" ' +
  '(or pulumi config set tenants:reason "<ticket or sentence>").';

/** Finds the reason of this run: that of the environment, else that of the configuration. An empty one is none. */
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

/** Tells whether a change needs a reason: every one in production does. */
export function requiresReason({ stage }: ReasonSettings): boolean {
  return stageTable[stage].requiresReason;
}

/**
 * Gives the reason to record with a change.
 *
 * @throws {@link ReasonError} where the stage requires one and there is none, or where it cannot be recorded
 */
export function reasonForChange(
  settings: ReasonSettings,
  environment: EnvironmentVariables,
): string | undefined {
  const read = readReason(settings, environment);
  if ("problem" in read) throw new ReasonError(`${variable} ${read.problem}. Nothing was sent.`);
  if (read.reason === undefined && requiresReason(settings))
    throw new ReasonError(
      `In ${settings.stage} each change needs a reason, and none is given. Nothing was sent. ${reasonRemedy}`,
    );
  return read.reason;
}

/** Says that a change was not made, for want of a reason. */
export class ReasonError extends Error {
  override readonly name = "ReasonError";
}
