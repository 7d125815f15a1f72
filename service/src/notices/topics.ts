import { z } from "zod";

/** The topics of mails. */
export const topics = [
  "needsApproval",
  "reminder",
  "approvalGiven",
  "approved",
  "refused",
  "done",
  "failed",
  "needsAdministrator",
  "expiring",
  "expired",
  "withdrawn",
  "question",
  "answer",
  "glassBroken",
  "deputyNamed",
  "deputyConfirmed",
  "attention",
] as const;
/** The topic of a mail. */
export type Topic = (typeof topics)[number];

const bodySchema = z.strictObject({
  /** The actor's id in `people`. */
  actorId: z.string().optional(),
  /** The digest of the plan to approve. */
  digest: z.string().optional(),
  /** Text that someone wrote: a question, an answer, a reason. */
  text: z.string().optional(),
  isUnchanged: z.boolean().optional(),
  given: z.number().optional(),
  missing: z.number().optional(),
  from: z.string().optional(),
  until: z.string().optional(),
  deputyId: z.string().optional(),
  /** The customer's stage, if no request is concerned. */
  stage: z.string().optional(),
  customer: z.string().optional(),
  /** The page of the service that shows it. */
  path: z.string().optional(),
});

/** The data of a mail that is stored; the rest is read from the request when it is sent. */
export type NoticeBody = z.output<typeof bodySchema>;

/**
 * Writes the data of a mail as the text that is stored.
 *
 * @throws ZodError if it has other fields
 */
export function writeBody(body: NoticeBody): string {
  return JSON.stringify(bodySchema.parse(body));
}

/**
 * Parses the stored data of a mail.
 *
 * @throws ZodError if it has another form
 */
export function readBody(text: string): NoticeBody {
  return bodySchema.parse(JSON.parse(text));
}
