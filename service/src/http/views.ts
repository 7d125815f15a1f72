import { stages } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { requestKinds, requestStates } from "../requests/request";

const time = z.iso.datetime().describe("RFC 3339.");
const person = z
  .looseObject({ id: z.string(), name: z.string().optional() })
  .describe("A person, or a machine; the name is absent once it was forgotten.");

/** A request, as the API shows it. */
export const requestView = z
  .looseObject({
    id: z.string(),
    kind: z.enum(requestKinds),
    stage: z.enum(stages),
    state: z.enum(requestStates),
    customer: z.unknown().describe("What was asked for."),
    reason: z.string(),
    requestedBy: person,
    plan: z
      .looseObject({ digest: z.string(), lines: z.array(z.string()), changes: z.unknown() })
      .optional()
      .describe("The plan in plain words, and the digest that is approved."),
    approvals: z.array(z.looseObject({ decision: z.enum(["approve", "refuse"]) })),
    createdAt: time.optional(),
    expiresAt: time.optional(),
    result: z.unknown().optional(),
    problem: z.unknown().optional(),
  })
  .describe("A request.");

/** A customer of the system of record: the stack's output record, and its status. */
export const customerView = z
  .looseObject({ name: z.string(), stage: z.string(), status: z.string() })
  .describe("A customer: the stack's output record, its status, and the ETag that requests are based on.");

/** An event of the audit chain. */
export const eventView = z
  .looseObject({ sequence: z.number(), kind: z.string(), at: time })
  .describe("An event.");
