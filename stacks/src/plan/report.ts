import { z } from "zod";

import { consequenceSchema, withoutConsequenceValues } from "./consequence";

/** One field that is to be something else than at the last `up`. An absent value: there is, or was, none. */
const fieldChangeSchema = z.object({
  /** A customer (`acme`) or an application (`acme/eu-1/default`). */
  subject: z.string(),
  /** As the configuration calls it: `status`, `overlap`, `scopes`. */
  field: z.string(),
  before: z.string().optional(),
  after: z.string().optional(),
});

/** One setting that is to be something else than at the last `up`. Of a secret one no value is told. */
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
  /** The generations that the calendar lets go. */
  goes: z.array(z.number()),
  /**
   * What a new generation has otherwise than the one before; or will have, when one is made next. `wasDeclared`: the
   * last `up` was configured so already, so it is approved.
   */
  changes: z.array(fieldChangeSchema.omit({ subject: true }).extend({ wasDeclared: z.boolean() })),
  /** Whether these changes wait for the next generation. */
  waits: z.boolean(),
  /** When that is due: RFC 3339, UTC. */
  due: z.string().optional(),
});

/**
 * What the program knows of a plan and the engine's steps do not show. It is part of what is approved; it holds no
 * value that is secret.
 */
export const planReportSchema = z.object({
  version: z.literal(1),
  /** Whether nothing is recorded of an earlier `up`: then each setting is new, and none is changed. */
  isFirst: z.boolean(),
  settings: z.array(settingChangeSchema),
  /** The hosts that the environment allows beside the vendor's own. */
  allowedHosts: z.array(z.string()),
  /** What is declared otherwise than at the last `up`. */
  declared: z.array(fieldChangeSchema),
  generations: z.array(generationsSchema),
  /** What programs and people notice of it. An earlier release did not report it. */
  consequences: z.array(consequenceSchema).default([]),
});

export type PlanReport = z.output<typeof planReportSchema>;
export type FieldChange = z.output<typeof fieldChangeSchema>;
export type SettingChange = z.output<typeof settingChangeSchema>;
export type GenerationsReport = z.output<typeof generationsSchema>;

/** What the one line begins with that holds a report; other lines of the program begin with a customer or a word. */
const marker = "tenants:plan ";

/**
 * Writes a report as one line. Where it is printed the engine takes `<{…%}>` for a colour and leaves it out: two
 * different values would look the same.
 */
export function toPlanLine(report: PlanReport): string {
  return marker + JSON.stringify(report).replaceAll("<", "\\u003c");
}

/**
 * Finds the report in what a program logged.
 *
 * @returns undefined where there is none: an earlier release, or another program, made the preview
 * @throws where there are two, or one that cannot be read
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

/** Tells whether a report is that of a stack in which nothing is to change. */
export function saysNothing(report: PlanReport): boolean {
  const { isFirst, settings, allowedHosts, declared, generations, consequences } = report;
  const lists = [settings, allowedHosts, declared, generations, consequences];
  return !isFirst && lists.every((list) => list.length === 0);
}

/**
 * Leaves out of a report what is declared, where the list of customers is encrypted: it then says no more than that it
 * changes.
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
