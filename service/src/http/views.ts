import { stages } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

import { approvalStatuses } from "../actions/view";
import { eventSources } from "../audit/search";
import { requestKinds, requestStates } from "../requests/request";

const time = z.iso.datetime().describe("RFC 3339.");
const person = z
  .object({ id: z.string(), name: z.string().optional() })
  .describe("A person or a machine; the name is missing after its deletion.");

const approval = z
  .object({
    id: z.string(),
    decision: z.enum(["approve", "refuse"]),
    digest: z.string(),
    approver: person,
    comment: z.string().optional(),
    at: time,
    expiresAt: time,
    status: z.enum(approvalStatuses),
    head: z.string().describe("The head of the chain of events, as shown to the approver."),
  })
  .describe("A decision.");

const brokenGlass = z
  .object({
    by: person,
    reason: z.string(),
    digest: z.string(),
    at: time,
    review: z.object({ by: person, comment: z.string(), at: time }).optional(),
  })
  .describe("It was applied without a second person's prior approval.");

/** A request in the API. */
export const requestView = z
  .object({
    id: z.string(),
    batchId: z.string().optional(),
    kind: z.enum(requestKinds),
    stage: z.enum(stages),
    state: z.enum(requestStates),
    customer: z.unknown().optional().describe("What was requested; missing for an upgrade."),
    reason: z.string(),
    basedOn: z.string().optional(),
    requestedBy: person,
    createdAt: time,
    updatedAt: time,
    expiresAt: time,
    plan: z
      .object({ digest: z.string(), lines: z.array(z.string()), changes: z.unknown(), madeAt: time })
      .optional()
      .describe("The plan in plain words, and the digest to approve."),
    needs: z
      .object({ required: z.int(), groups: z.array(z.array(z.string())), validForHours: z.number() })
      .describe("What the plan needs before it is applied."),
    approvals: z.array(approval),
    questions: z
      .array(
        z.object({
          id: z.string(),
          text: z.string(),
          by: person,
          at: time,
          answer: z.object({ text: z.string(), by: person, at: time }).optional(),
        }),
      )
      .describe("Questions from approvers and their answers, oldest first."),
    brokenGlass: brokenGlass.optional(),
    result: z.unknown().optional(),
    problem: z.unknown().optional(),
  })
  .describe("A request.");

/** A request after a decision, with the decision's receipt. */
export const decidedView = requestView.extend({
  receipt: z
    .object({ approval: z.string(), head: z.string() })
    .describe("Keep it: it proves later changes of earlier events."),
});

/** A customer of the system of record: the stack's output record, and its status. */
export const customerView = z
  .looseObject({ name: z.string(), stage: z.string(), status: z.string() })
  .describe("A customer: the stack's output record, its status, and the ETag that requests are based on.");

/** An event of the service's chain, or of a stack's journal. */
export const eventView = z
  .object({
    source: z.enum(eventSources),
    sequence: z.number().describe("Its place in its chain."),
    at: time,
    kind: z.string(),
    actor: person.optional().describe("Missing if the service did it by itself."),
    stage: z.string().optional(),
    customer: z.string().optional(),
    stack: z.string().optional().describe("The stack whose journal contains it."),
    requestId: z.string().optional(),
    tenantId: z.string().optional(),
    applicationId: z.string().optional(),
    clientId: z.string().optional(),
    requester: person.optional(),
    approvers: z.array(person).optional(),
    data: z.unknown().describe("Its parameters; for a journal, the original event."),
    hash: z.string(),
  })
  .describe("An event.");

/** A person's roles during a period. */
export const rolesView = z
  .object({
    personId: z.string(),
    name: z.string().optional(),
    since: time,
    until: time.optional(),
    roles: z.array(z.string()),
    groups: z.array(z.string()),
  })
  .describe("The roles that a person held, from one log-in to the next observed change.");
