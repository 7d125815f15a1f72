import { z } from "zod";

import { consequenceSchema, withoutConsequenceValues } from "./consequence";

/** One field that differs from the last `up`. A value is missing if there is, or was, none. */
const fieldChangeSchema = z.object({
  /** A customer (`acme`) or an application (`acme/eu-1/default`). */
  subject: z.string(),
  /** The field's name in the configuration: `status`, `overlap`, `scopes`. */
  field: z.string(),
  before: z.string().optional(),
  after: z.string().optional(),
});

/** One setting that differs from the last `up`, without the values if it is secret. */
const settingChangeSchema = z.object({
  /** `journal`, `aws:region`, `secrets provider`, `package version`. */
  setting: z.string(),
  isSecret: z.boolean().optional(),
  before: z.string().optional(),
  after: z.string().optional(),
});

const generationsSchema = z.object({
  /** `<customer>/<cell>/<purpose>`. */
  slot: z.string(),
  /** The generations that the calendar retires. */
  goes: z.array(z.number()),
  /**
   * The differences of a new generation from the previous one, or of the next one when it is created.
   * `wasDeclared`: the last `up` was already configured with it, so it is approved.
   */
  changes: z.array(fieldChangeSchema.omit({ subject: true }).extend({ wasDeclared: z.boolean() })),
  /** Whether these changes wait for the next generation. */
  waits: z.boolean(),
  /** When it is due: RFC 3339, UTC. */
  due: z.string().optional(),
});

/**
 * What the program knows about a plan and the engine's steps do not show. It is part of what is approved, and
 * contains no secret value.
 */
export const planReportSchema = z.object({
  version: z.literal(1),
  /** Whether no earlier `up` is on record: then each setting is new, and none is changed. */
  isFirst: z.boolean(),
  settings: z.array(settingChangeSchema),
  /** The hosts that the environment allows in addition to the vendor's. */
  allowedHosts: z.array(z.string()),
  /** The declared changes since the last `up`. */
  declared: z.array(fieldChangeSchema),
  generations: z.array(generationsSchema),
  /** What programs and people will notice. An earlier release did not report it. */
  consequences: z.array(consequenceSchema).default([]),
});

export type PlanReport = z.output<typeof planReportSchema>;
export type FieldChange = z.output<typeof fieldChangeSchema>;
export type SettingChange = z.output<typeof settingChangeSchema>;
export type GenerationsReport = z.output<typeof generationsSchema>;

/** The start of the line with a report; the program's other lines start with a customer or a word. */
const marker = "tenants:plan ";

/**
 * Writes a report as one line. In printed text, the engine takes `<{…%}>` for a colour and removes it, which
 * would make two different values look the same.
 */
export function toPlanLine(report: PlanReport): string {
  return marker + JSON.stringify(report).replaceAll("<", "\\u003c");
}

/**
 * Finds the report in a program's log.
 *
 * @returns undefined if there is none: an earlier release, or another program, made the preview
 * @throws if there are two, or one that cannot be read
 */
export function readPlanReport(messages: readonly string[]): PlanReport | undefined {
  const lines = messages.filter((message) => message.startsWith(marker));
  if (lines.length > 1) throw new Error(`The preview holds ${lines.length} reports of its program, not one.`);
  const [line] = lines;
  if (line === undefined) return undefined;
  try {
    return planReportSchema.parse(JSON.parse(line.slice(marker.length)));
  } catch (error) {
    throw new Error("The report of the program in the preview cannot be read: another release wrote it.", {
      cause: error,
    });
  }
}

/** Returns whether a report contains no change. */
export function saysNothing(report: PlanReport): boolean {
  const { isFirst, settings, allowedHosts, declared, generations, consequences } = report;
  const lists = [settings, allowedHosts, declared, generations, consequences];
  return !isFirst && lists.every((list) => list.length === 0);
}

/**
 * Removes the declared values from a report if the list of customers is encrypted: it then says only that
 * something changes.
 */
export function withoutValues(report: PlanReport): PlanReport {
  return {
    ...report,
    declared: report.declared.map(({ subject, field }) => ({ subject, field })),
    generations: report.generations.map((one) => ({
      ...one,
      changes: one.changes.map(({ field, wasDeclared }) => ({ field, wasDeclared })),
    })),
    consequences: report.consequences.map(withoutConsequenceValues),
  };
}
