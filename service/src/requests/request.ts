import { reasonSchema } from "pulumi-resistant-tenants/internal/reason";
import { stages } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

/** The kinds of request. */
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
/** The kind of a request. */
export type RequestKind = (typeof requestKinds)[number];

/** The names of the kinds of request, for people. */
export const kindWords: Readonly<Record<RequestKind, string>> = {
  createCustomer: "New customer",
  changeCustomer: "Change a customer",
  adopt: "Take over a tenant",
  rotate: "Rotate credentials",
  deprecate: "Deprecate a customer",
  delete: "Delete a customer",
  release: "Hand a customer over",
  upgrade: "Upgrade customers",
};

/** The kinds that add a customer: no record of it exists, so they carry no `basedOn`. */
export const beginningKinds: readonly RequestKind[] = ["createCustomer", "adopt"];

/** The states of a request: `state-machine.ts` has the transitions. */
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
/** The state of a request. */
export type RequestState = (typeof requestStates)[number];

/** The names of the states, for people. What happens next is in `next-step.ts`. */
export const stateWords: Readonly<Record<RequestState, string>> = {
  previewing: "Being planned",
  waitingForApproval: "Waiting for approval",
  queued: "In the queue",
  applying: "Being applied",
  done: "Done",
  failed: "Failed",
  refused: "Refused",
  withdrawn: "Withdrawn",
  expired: "Expired",
};

/** Says that other customers have the `customerId` that a request declares. */
export function describeSameCustomerId(names: readonly string[]): string {
  const who = names.length === 1 ? `Customer ${names.join("")} has` : `Customers ${names.join(", ")} have`;
  return `${who} the same identifier: check that no customer gets a second tenant by mistake.`;
}

const reason = reasonSchema.describe(
  "Why it is needed: one line of 1 to 500 characters. It is recorded, and shown to the approvers.",
);
const stage = z.enum(stages).describe("The vendor's environment.");
const basedOn = z
  .string()
  .min(1)
  .describe("The ETag of the customer's record that the request is based on. A stale one is a conflict.");
const name = z.string().regex(/^[a-z0-9]{1,61}$/, "must be 1 to 61 lower-case letters and digits");

const wholeEntry = z
  .looseObject({ name: z.unknown() })
  .describe("A whole entry, as in `tenants:customers`. It is checked by the same schema as a stack's.");

const endsOn = z.iso
  .date()
  .describe(
    "Until when the customer is needed: a date (2026-12-31). Nothing is deleted automatically; it is then listed as due.",
  );

/** The body of `POST /requests`. */
export const newRequestSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal(["createCustomer", "adopt"]),
    stage,
    reason,
    customer: wholeEntry,
    endsOn: endsOn.optional(),
  }),
  z.strictObject({
    kind: z.literal("changeCustomer"),
    stage,
    reason,
    basedOn,
    customer: wholeEntry,
    endsOn: endsOn.nullish(),
  }),
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
    basedOn: basedOn.describe(
      "The header `ETag` of the list of the stage's customers (`GET /customers?stage=…`). A stale one is a conflict.",
    ),
    customers: z.array(name).min(1).optional().describe("Default: every customer of the stage."),
  }),
]);
/** A valid body of `POST /requests`. */
export type NewRequest = z.output<typeof newRequestSchema>;
