import { z } from "zod";

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A length of time, as it is configured. */
export interface Duration {
  text: string;
  ms: number;
}

/** Takes `90d`, `12h`, `30m`; and `0`, as text or number, for none. A day has 24 hours. */
export const durationSchema = z
  .union([z.literal(0), z.string().regex(/^(?:0|\d{1,5}[mhd])$/)], {
    error: "must be a number of days, hours or minutes, such as 90d, 12h or 30m; or 0",
  })
  .transform((given) => toDuration(String(given)));

function toDuration(text: string): Duration {
  const unit = text.at(-1) as keyof typeof unitMs | "0";
  return { text, ms: unit === "0" ? 0 : Number(text.slice(0, -1)) * unitMs[unit] };
}
