import { stages } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { isSafe } from "./loopback";

/** How changes of a stage are approved. A request stores the rule of its time. */
export const approvalRuleSchema = z
  .strictObject({
    required: z.int().min(0).max(10).describe("How many persons must approve. The requester never counts."),
    groups: z
      .array(z.string())
      .default([])
      .describe("Only members of one of these groups approve. Default: everybody with the role `approver`."),
    byKind: z
      .record(z.string(), z.int().min(0).max(10))
      .default({})
      .describe("Other numbers for some kinds of request, such as `delete: 2`."),
    validForHours: z.number().positive().max(720).default(72).describe("When an approval ends, in hours."),
  })
  .describe("How changes of the stage are approved.");
export type ApprovalRule = z.output<typeof approvalRuleSchema>;

const stageSchema = z.strictObject({
  configuration: z
    .record(z.string(), z.unknown())
    .describe(
      "The configuration of the stage's stacks: the namespaces `tenants` and `aws`, without customers. ARNs, and no secret.",
    ),
  allowedHosts: z.array(z.string()).default([]).describe("As `TENANTS_ALLOWED_HOSTS`."),
  approvals: approvalRuleSchema,
});

const safeUrl = z.url().refine((url) => isSafe(new URL(url)), "must be https; http on loopback only");

/** The file `service.yaml`. */
export const serviceSettingsSchema = z
  .strictObject({
    url: safeUrl.describe("Where people reach the service: https, or http on loopback."),
    identity: z.strictObject({
      issuer: safeUrl.describe("The OpenID Connect issuer. http on loopback only."),
      clientId: z.string(),
      audience: z.string().describe("The `aud` of access tokens for the API."),
      rolesClaim: z.string().default("roles"),
      groupsClaim: z.string().default("groups"),
      personClaim: z
        .string()
        .describe("The claim that is the same for all accounts of a person, such as the employee number."),
    }),
    stages: z.partialRecord(z.enum(stages), stageSchema),
    approvals: z
      .strictObject({
        publicKey: z
          .record(z.string(), z.unknown())
          .optional()
          .describe(
            "The public half of `SERVICE_APPROVAL_KEY`, a JWK: with it the worker, and an auditor, verify approvals.",
          ),
      })
      .prefault({}),
    requests: z
      .strictObject({
        validForDays: z
          .number()
          .positive()
          .default(14)
          .describe("When a request expires that nobody completes."),
      })
      .prefault({}),
    work: z.strictObject({
      backendUrl: z.string().describe("Where the stacks' state lies: `s3://…`, or `file://…`."),
      journal: z.string().describe("As `tenants:journal`: S3, or an absolute path."),
      secretsProvider: z.string().optional().describe("Default: a passphrase."),
      directory: z.string().describe("An absolute folder for the engine's work, one folder a job."),
      policyPack: z
        .string()
        .optional()
        .describe("A policy pack that every plan must pass: an absolute folder. Default: none."),
      atOnce: z.int().positive().optional().describe("How many engines run at once. Default: processors."),
    }),
    audit: z
      .strictObject({
        head: z
          .string()
          .optional()
          .describe(
            "Where the end of the chain of events is also noted: `s3://bucket/prefix`, the name of a CloudWatch log group, or the absolute path of a folder that the service's users cannot change.",
          ),
        personalDataDays: z
          .number()
          .positive()
          .default(365 * 2)
          .describe("When names and addresses of people who were not seen any more are forgotten, in days."),
      })
      .prefault({}),
  })
  .describe("The settings of the provisioning service.");
export type ServiceSettings = z.output<typeof serviceSettingsSchema>;
