import { dayMs } from "pulumi-resistant-tenants/internal/clock";
import { z } from "zod";

import { objectProblem } from "./problems";

const unitMs = { m: 60_000, h: 3_600_000, d: dayMs } as const;

/** A configured length of time. */
export interface Duration {
  text: string;
  ms: number;
}

const durationProblem = "must be a number of days, hours or minutes, such as 90d, 12h or 30m; or 0";

/** Accepts `90d`, `12h`, `30m`; and `0`, as text or number, for none. A day has 24 hours. */
export const durationSchema = z
  .union([z.literal(0), z.string().regex(/^(?:0|\d{1,5}[mhd])$/, durationProblem)], {
    error: durationProblem,
  })
  .transform((given) => toDuration(String(given)));

function toDuration(text: string): Duration {
  const unit = text.at(-1) as keyof typeof unitMs | "0";
  return { text, ms: unit === "0" ? 0 : Number(text.slice(0, -1)) * unitMs[unit] };
}

/** How the credentials of an application are rotated. */
export interface RotationConfiguration {
  /** The age at which the current generation gets a successor, counted from the creation of its application. */
  every?: Duration | undefined;
  /** Instants at which it gets one, in order. */
  rotateAt: readonly RotationInstant[];
  /** How long the previous generation remains, counted from when its successor was stored. */
  overlap: Duration;
  /** When a change of scopes, authentication method or key takes effect. */
  changes: "nextGeneration" | "immediately";
}

/** An instant of `rotateAt`. */
export interface RotationInstant {
  /** As configured. */
  text: string;
  /** Milliseconds since 1970; for a date without a time, its first moment in UTC. */
  ms: number;
}

/** The overlap if none is given, or if no rotation is configured any more. */
export const defaultOverlap: Duration = { text: "7d", ms: 7 * dayMs };

/** An unquoted date in a YAML file reaches the program in Go's format: `2026-11-24 00:00:00 +0000 UTC`. */
function fromYaml(given: unknown): unknown {
  if (typeof given !== "string") return given;
  return given
    .replace(/^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) ([+-]\d\d)(\d\d) \S+$/, "$1T$2$3:$4")
    .replace(/T00:00:00\+00:00$/, "");
}

const dateOrInstant = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })], {
    error: "must be a date (2026-11-24, its first moment in UTC) or a date and time (2026-11-24T14:00:00Z)",
  })
  .transform((text): RotationInstant => ({ text, ms: Date.parse(text) }));

const instantSchema = z.preprocess(fromYaml, dateOrInstant);

/** The value of a `rotation` key other than `none`. */
export const rotationSettingsSchema = z
  .strictObject(
    {
      every: durationSchema
        .refine(({ ms }) => ms > 0, "must be more than 0")
        .optional()
        .describe("The age at which a generation gets a successor: `90d`, `12h`, `30m`."),
      rotateAt: z
        .array(instantSchema, { error: "must be a list of dates" })
        .default([])
        .describe(
          "Dates (`2026-11-24`, from midnight UTC) or instants (`2026-11-24T14:00:00Z`) when a generation gets a successor.",
        ),
      overlap: durationSchema
        .default(defaultOverlap)
        .describe(
          "How long the previous generation works after its successor is stored: `0`, or shorter than `every`. Default: `7d`.",
        ),
      changes: z
        .enum(["nextGeneration", "immediately"], { error: "must be nextGeneration or immediately" })
        .default("nextGeneration")
        .describe(
          "When a change takes effect, unless the key is the customer's own: with the `nextGeneration`, or `immediately`. Default: `nextGeneration`.",
        ),
    },
    {
      error: objectProblem("must be none, or contain `every` (such as 90d) or `rotateAt` (a list of dates)"),
    },
  )
  .superRefine(({ every, rotateAt, overlap, changes }, context) => {
    if (every !== undefined && every.ms > 0 && overlap.ms >= every.ms) {
      context.addIssue({
        code: "custom",
        path: ["overlap"],
        message: `must be shorter than \`every\` (${every.text}); it is ${overlap.text}`,
      });
    }
    if (every === undefined && rotateAt.length === 0 && changes === "nextGeneration") {
      context.addIssue({
        code: "custom",
        message: "must contain `every` (such as 90d), `rotateAt` (a list of dates) or `changes: immediately`",
      });
    }
    for (const [index, { ms }] of rotateAt.entries()) {
      const first = rotateAt.findIndex((instant) => instant.ms === ms);
      if (first === index) continue;
      const message = `names the same time as rotateAt[${first}]: remove one`;
      context.addIssue({ code: "custom", path: ["rotateAt", index], message });
    }
  });

/** Accepts the value of a `rotation` key: `none`, or how to rotate. */
export const rotationSchema = z.unknown().transform((given, context): RotationConfiguration | "none" => {
  if (given === "none") return given;
  const parsed = rotationSettingsSchema.safeParse(given);
  if (parsed.success) {
    return { ...parsed.data, rotateAt: parsed.data.rotateAt.toSorted((a, b) => a.ms - b.ms) };
  }
  for (const issue of parsed.error.issues) {
    // One line per key: see `objectProblem`.
    const wrong =
      issue.code === "unrecognized_keys"
        ? issue.message.split("\n").map((message, index) => ({ message, key: issue.keys[index] ?? "" }))
        : [{ message: issue.message, key: undefined }];
    for (const { message, key } of wrong) {
      context.addIssue({
        code: "custom",
        path: key === undefined ? issue.path : [...issue.path, key],
        message,
      });
    }
  }
  return z.NEVER;
});
