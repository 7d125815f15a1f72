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
        "`startTls` (default): STARTTLS, or no mail is sent. `tls`: encrypted from the start, usually port 465. `none`: on loopback only.",
      ),
    caFile: z
      .string()
      .regex(/^\//, "must be an absolute path")
      .optional()
      .describe(
        "PEM certificates, one of which must have signed the server's. Default: the authorities that Node.js trusts.",
      ),
    from: z
      .string()
      .regex(
        /^(?:[^\r\n<>]* )?<?[^\s<>@,;]+@[^\s<>@,;]+>?$/,
        "must be one address, such as `Tenants <tenants@example.com>`",
      )
      .describe("The sender: one address, with a name if you like."),
    user: z
      .string()
      .optional()
      .describe(
        "The account at the SMTP server, with the password `SERVICE_SMTP_PASSWORD`. Default: no log-in.",
      ),
    remindAfterHours: hours(720)
      .default(24)
      .describe("Hours after which approvers are reminded of a waiting request. Default: 24."),
    remindEveryHours: hours(720).default(24).describe("Hours between further reminders. Default: 24."),
    warnBeforeHours: hours(720)
      .default(24)
      .describe("Hours before a request expires when its requester and approvers get a mail. Default: 24."),
    giveUpAfterHours: hours(720)
      .default(72)
      .describe("Hours after which an unsent mail is given up. Default: 72."),
    seenWithinDays: z
      .number()
      .positive()
      .max(3650)
      .default(180)
      .describe("Only people who used the service within this many days get mail. Default: 180."),
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
      .describe("A unique name: lower-case letters, digits and `-`. Metrics and the audit log contain it."),
    url: z
      .url()
      .refine((url) => isSafe(new URL(url)), "must be https; http on loopback only")
      .refine((url) => {
        const { username, password } = new URL(url);
        return username === "" && password === "";
      }, "must contain no user or password: the receiver verifies the signature")
      .describe("Where events are sent: https, or http on loopback. Redirects are not followed."),
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
        "The worker's variable with the signing secret (`whsec_…`). Of two, separated by a space, both sign.",
      ),
    secretFile: z
      .string()
      .regex(/^\//, "must be an absolute path")
      .optional()
      .describe("Instead of `secretEnv`: a file that only the worker can read."),
    allowPrivateAddresses: z
      .boolean()
      .default(false)
      .describe(
        "Whether the host may have a loopback, private or carrier-grade NAT address. Link-local and cloud metadata addresses are always refused. Default: false.",
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
    .describe("A unique name: lower-case letters, digits and `-`. Metrics and the audit log contain it."),
  urlEnv: z
    .string()
    .regex(/^SERVICE_WEBHOOK_[A-Z0-9_]+$/, "must be the name of a variable that begins with SERVICE_WEBHOOK_")
    .describe("The worker's variable with the channel's incoming webhook (https)."),
  stages: z
    .array(z.enum(stages))
    .min(1)
    .optional()
    .describe("The stages whose requests are announced. Default: all."),
  allowPrivateAddresses: z.boolean().default(false).describe("As in `webhooks`. Default: false."),
});
/** The settings of one chat channel, with defaults. */
export type ChatSettings = z.output<typeof chatSchema>;
