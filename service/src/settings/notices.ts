import { stages } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { isLoopback, isSafe } from "./loopback";

/** The kinds of event that are sent to webhooks. */
export const webhookEvents = [
  "tenant.ready",
  "tenant.changed",
  "tenant.deprecated",
  "tenant.released",
  "tenant.deleted",
] as const;
/** The kind of an event that is sent to webhooks. */
export type WebhookEvent = (typeof webhookEvents)[number];

const hours = (most: number) => z.number().positive().max(most);
const noLineBreak = /^[^\r\n]*$/;

/** `mail` of `service.yaml`. */
export const mailSchema = z
  .strictObject({
    host: z.string().min(1).regex(noLineBreak).describe("The SMTP server."),
    port: z.int().min(1).max(65_535).default(587).describe("Its port. Default: 587."),
    encryption: z
      .enum(["tls", "startTls", "none"])
      .default("startTls")
      .describe(
        "`startTls` (default; without it no mail is sent), `tls` (usually port 465), or `none` (on loopback only).",
      ),
    caFile: z
      .string()
      .regex(/^\//, "must be an absolute path")
      .optional()
      .describe(
        "PEM certificates, one of which must have signed the server's. Default: those that Node.js trusts.",
      ),
    from: z
      .string()
      .regex(
        /^(?:[^\r\n<>]* )?<?[^\s<>@,;]+@[^\s<>@,;]+>?$/,
        "must be one address, such as `Tenants <tenants@example.com>`",
      )
      .describe("One address, with a name if you like."),
    user: z
      .string()
      .optional()
      .describe("The account, with the password `SERVICE_SMTP_PASSWORD`. Default: no log-in."),
    remindAfterHours: hours(720)
      .default(24)
      .describe("Hours until approvers are reminded of a request. Default: 24."),
    remindEveryHours: hours(720).default(24).describe("Hours between further reminders. Default: 24."),
    warnBeforeHours: hours(720)
      .default(24)
      .describe("Hours before a request expires when requester and approvers are warned. Default: 24."),
    giveUpAfterHours: hours(720).default(72).describe("Hours until an unsent mail is given up. Default: 72."),
    seenWithinDays: z
      .number()
      .positive()
      .max(3650)
      .default(180)
      .describe("Days after a person's last use until mail stops. Default: 180."),
  })
  .refine(({ encryption, host }) => encryption !== "none" || isLoopback(new URL(`http://${urlHost(host)}`)), {
    path: ["encryption"],
    message: "none is only for a server on loopback",
  });
/** The settings of mail, with defaults. */
export type MailSettings = z.output<typeof mailSchema>;

function urlHost(host: string): string {
  const text = host.includes(":") ? `[${host}]` : host;
  return URL.canParse(`http://${text}`) ? text : "invalid";
}

/** One of `webhooks` of `service.yaml`. */
export const webhookSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9-]{1,40}$/)
      .describe("A unique name, for metrics and audit log: lower-case letters, digits and `-`."),
    url: z
      .url({ abort: true })
      .refine((url) => isSafe(new URL(url)), "must be https; http on loopback only")
      .refine((url) => {
        const { username, password } = new URL(url);
        return username === "" && password === "";
      }, "must contain no user or password: the receiver verifies the signature")
      .describe("https, or http on loopback."),
    events: z
      .array(z.enum(webhookEvents))
      .min(1)
      .default([...webhookEvents])
      .describe("Which events are sent. Default: all."),
    secretEnv: z
      .string()
      .regex(
        /^SERVICE_WEBHOOK_[A-Z0-9_]+$/,
        "must be the name of a variable that begins with SERVICE_WEBHOOK_",
      )
      .optional()
      .describe(
        "The worker's variable (`SERVICE_WEBHOOK_…`) with the signing secret (`whsec_…`), or with two, separated by a space: both sign.",
      ),
    secretFile: z
      .string()
      .regex(/^\//, "must be an absolute path")
      .optional()
      .describe("Instead: a file that only the worker can read."),
    allowPrivateAddresses: z
      .boolean()
      .default(false)
      .describe(
        "Allows loopback, private and carrier-grade NAT addresses, never link-local and cloud metadata ones. Default: false.",
      ),
  })
  .refine(({ secretEnv, secretFile }) => (secretEnv === undefined) !== (secretFile === undefined), {
    path: ["secretEnv"],
    message: "name the signing secret by either secretEnv or secretFile",
  });
/** The settings of one webhook, with defaults. */
export type WebhookSettings = z.output<typeof webhookSchema>;

/** One of `chats` of `service.yaml`. */
export const chatSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/)
    .describe("A unique name, for metrics and audit log: lower-case letters, digits and `-`."),
  urlEnv: z
    .string()
    .regex(/^SERVICE_WEBHOOK_[A-Z0-9_]+$/, "must be the name of a variable that begins with SERVICE_WEBHOOK_")
    .describe("The worker's variable (`SERVICE_WEBHOOK_…`) with the incoming webhook (https)."),
  stages: z.array(z.enum(stages)).min(1).optional().describe("Whose requests are announced. Default: all."),
  allowPrivateAddresses: z.boolean().default(false).describe("As in `webhooks`. Default: false."),
});
/** The settings of one chat channel, with defaults. */
export type ChatSettings = z.output<typeof chatSchema>;
