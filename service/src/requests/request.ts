import { stages } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

/** What can be asked for. */
export const requestKinds = [
  "createCustomer",
  "changeCustomer",
  "adopt",
  "rotate",
  "deprecate",
  "delete",
  "release",
  "upgrade",
] as const;
export type RequestKind = (typeof requestKinds)[number];

/** The kinds that begin a customer: no record of it exists, so they carry no `basedOn`. */
export const beginningKinds: readonly RequestKind[] = ["createCustomer", "adopt"];

/** The states of a request: see `state-machine.ts` for the ways between them. */
export const requestStates = [
  "previewing",
  "waitingForApproval",
  "queued",
  "applying",
  "done",
  "failed",
  "refused",
  "withdrawn",
  "expired",
] as const;
export type RequestState = (typeof requestStates)[number];

const reason = z
  .string()
  .trim()
  .min(1)
  .max(1000)
  .describe("Why it is needed. It is recorded, and shown to whoever approves.");
const stage = z.enum(stages).describe("The vendor's environment.");
const basedOn = z
  .string()
  .min(1)
  .describe(
    "The ETag of the customer's record that the request was written from. A stale one is a conflict.",
  );
const name = z.string().regex(/^[a-z0-9]{1,61}$/, "must be 1 to 61 lower-case letters and digits");

const wholeEntry = z
  .looseObject({ name: z.unknown() })
  .describe("A whole entry, as in `tenants:customers`. It is checked by the same schema as a stack's.");

/** What a caller sends to ask for something (`POST /requests`). */
export const newRequestSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal(["createCustomer", "adopt"]), stage, reason, customer: wholeEntry }),
  z.strictObject({ kind: z.literal("changeCustomer"), stage, reason, basedOn, customer: wholeEntry }),
  z.strictObject({
    kind: z.literal("rotate"),
    stage,
    reason,
    basedOn,
    customer: z.strictObject({
      name,
      application: z.strictObject({ cell: z.string(), purpose: z.string().default("default") }).optional(),
    }),
  }),
  z.strictObject({
    kind: z.literal(["deprecate", "delete", "release"]),
    stage,
    reason,
    basedOn,
    customer: z.strictObject({ name }),
  }),
  z.strictObject({
    kind: z.literal("upgrade"),
    stage,
    reason,
    basedOn,
    customers: z.array(name).min(1).optional().describe("Default: every customer of the stage."),
  }),
]);
export type NewRequest = z.output<typeof newRequestSchema>;
