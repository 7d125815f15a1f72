import { stages } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { isSafe } from "./loopback";
import { chatSchema, mailSchema, webhookSchema } from "./notices";

/** How changes of a stage are approved. A request stores the rule that applied when it was sent. */
export const approvalRuleSchema = z
  .strictObject({
    required: z.int().min(0).max(10).describe("How many people must approve besides the requester."),
    groups: z
      .array(z.string())
      .default([])
      .describe("An approver must be in one of these. Default: any approver."),
    byKind: z
      .record(z.string(), z.int().min(0).max(10))
      .default({})
      .describe("By kind of request, such as `delete: 2`."),
    validForHours: z
      .number()
      .positive()
      .max(720)
      .default(72)
      .describe("Hours until an approval expires. Default: 72."),
  })
  .describe("How changes of the stage are approved: see below.");
/** The approval rule of a stage, with defaults. */
export type ApprovalRule = z.output<typeof approvalRuleSchema>;

/** A stage of `service.yaml`. */
export const stageSchema = z.strictObject({
  configuration: z
    .record(z.string(), z.unknown())
    .describe("`tenants` and `aws` of the stage's stacks, without customers, with ARNs instead of secrets."),
  allowedHosts: z.array(z.string()).default([]).describe("As `TENANTS_ALLOWED_HOSTS`."),
  approvals: approvalRuleSchema,
});

/** The settings of a stage, with defaults. */
export type StageSettings = z.output<typeof stageSchema>;

const safeUrl = z
  .url({ abort: true })
  .refine((url) => isSafe(new URL(url)), "must be https; http on loopback only");

const identitySchema = z.strictObject({
  issuer: safeUrl.describe("The OpenID Connect issuer. http on loopback only."),
  clientId: z.string().describe("The service's client at the issuer."),
  audience: z.string().describe("The `aud` of access tokens for the API."),
  rolesClaim: z.string().default("roles").describe("The claim with the roles. Default: `roles`."),
  groupsClaim: z.string().default("groups").describe("The claim with the groups. Default: `groups`."),
  personClaim: z.string().describe("What all accounts of a person share, such as the employee number."),
});

const absolutePath = z.string().regex(/^\//, "must be an absolute path");

const workSchema = z.strictObject({
  backendUrl: z
    .string()
    .regex(
      /^(?:file:\/\/\/|(?!file:)[a-z][a-z0-9+.-]*:\/\/)./,
      "must be a URL, and file:// must be followed by an absolute path: a job's folder is deleted",
    )
    .describe("Where the stacks' state is stored: `s3://…`, or `file://…`."),
  journal: z
    .string()
    .regex(
      /^(?:s3:\/\/[a-z0-9.-]{3,63}(?:\/[^\s?#]*)?|\/.*)$/,
      "must be s3://<bucket>/<prefix> or an absolute path: a job's folder is deleted",
    )
    .describe("As `tenants:journal`: S3, or an absolute path."),
  secretsProvider: z
    .string()
    .optional()
    .describe("Encrypts the stacks' secrets: `awskms://…`. Default: a passphrase."),
  directory: absolutePath.describe("Contains the jobs' folders: an absolute path."),
  engineUser: z
    .string()
    .min(1)
    .optional()
    .describe("The system user that runs engines if the worker is root. Default: the worker's own."),
  policyPack: absolutePath
    .optional()
    .describe("A policy pack that every plan must pass: an absolute path. Default: none."),
  atOnce: z
    .int()
    .positive()
    .optional()
    .describe("How many engines run at once. Default: the number of processors."),
});

/** The file `service.yaml`. */
export const serviceSettingsSchema = z
  .strictObject({
    url: safeUrl
      .refine((url) => {
        const { pathname, search, hash } = new URL(url);
        return `${pathname}${search}${hash}` === "/";
      }, "must have no path: the service answers at the root of its host")
      .describe("Where people reach the service: https, or http on loopback."),
    identity: identitySchema.describe("How people and their roles are read from the issuer's tokens."),
    stages: z.partialRecord(z.enum(stages), stageSchema).describe("`testing`, `production` or both."),
    approvals: z
      .strictObject({
        publicKey: z
          .record(z.string(), z.unknown())
          .optional()
          .describe("The public half of `SERVICE_APPROVAL_KEY`, as a JWK."),
      })
      .prefault({})
      .describe("The key that verifies approvals."),
    requests: z
      .strictObject({
        validForDays: z
          .number()
          .positive()
          .default(14)
          .describe("Days after which an incomplete request expires. Default: 14."),
      })
      .prefault({})
      .describe("How long requests last."),
    work: workSchema.describe("How the worker runs the engine."),
    rotation: z
      .strictObject({
        byClock: z
          .boolean()
          .default(true)
          .describe("The service rotates due credentials itself. Default: true."),
        overdueAfterHours: z
          .number()
          .positive()
          .default(24)
          .describe("Hours after which a due rotation is reported as overdue. Default: 24."),
      })
      .prefault({})
      .describe("Rotation by the service's own clock."),
    mail: mailSchema.optional().describe("The SMTP server for mail. Default: no mail is sent."),
    webhooks: z
      .array(webhookSchema)
      .default([])
      .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "two have the same name")
      .describe("Receivers of messages about tenants. Default: none."),
    chats: z
      .array(chatSchema)
      .default([])
      .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "two have the same name")
      .describe("Chat channels that get links to waiting requests. Default: none."),
    audit: z
      .strictObject({
        head: z
          .string()
          .optional()
          .describe(
            "Where the end of the chain of events is also stored: `s3://bucket/prefix`, a CloudWatch log group (its ARN contains its region), or a folder (absolute) that the service's users cannot change. AWS is reached by the worker's environment (`AWS_REGION`), not by a stage's `aws`.",
          ),
        personalDataDays: z
          .number()
          .positive()
          .default(365 * 2)
          .describe("Days after a person's last use until name and address are deleted. Default: 730."),
      })
      .prefault({})
      .describe("What is stored outside the database, and how long people's names are stored."),
  })
  .describe("The settings of the provisioning service.");
/** The settings of the service, with defaults. */
export type ServiceSettings = z.output<typeof serviceSettingsSchema>;
