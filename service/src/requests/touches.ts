import { z } from "zod";

import type { ServiceContext } from "../context";
import type { Reading, RequestRow } from "../records/schema";
import { findCustomer } from "./customers-asked-for";
import type { Entry } from "./entry";

/** What a plan may touch that break-glass does not allow. */
export const touches = ["delete", "readers", "hosts"] as const;
export type Touch = (typeof touches)[number];

const factsSchema = z.looseObject({ touches: z.array(z.enum(touches)).default([]) });

/**
 * Finds what a plan touches that break-glass does not allow, from its facts and the request itself.
 *
 * @param facts - Of the plan: the input of its digest.
 */
export async function touchesOf(
  { settings }: Pick<ServiceContext, "settings">,
  reading: Reading,
  request: RequestRow,
  facts: object,
): Promise<Touch[]> {
  const found = new Set<Touch>(factsSchema.parse(facts).touches);
  if (request.kind === "delete" || request.kind === "release") found.add("delete");
  // An upgrade may change anything.
  if (request.kind === "upgrade") found.add("readers");
  const customer =
    request.customer === null ? undefined : await findCustomer(reading, request.stage, request.customer);
  const asked = entryOf(request.asked);
  if (asked !== undefined) {
    const isNew = customer === undefined || customer.status === "pending";
    const before = isNew ? {} : (customer.entry as Entry);
    if (readersOf(asked) !== readersOf(before)) found.add("readers");
    if (!isNew && takesAway(before, asked)) found.add("delete");
  }
  const stages: Partial<Record<string, object>> = settings.stages;
  if (stages[request.stage] === undefined) found.add("hosts");
  return touches.filter((touch) => found.has(touch));
}

const askedSchema = z.looseObject({
  kind: z.enum(["createCustomer", "adopt", "changeCustomer"]),
  customer: z.record(z.string(), z.unknown()),
});

function entryOf(asked: object): Entry | undefined {
  return askedSchema.safeParse(asked).data?.customer;
}

/** Who can read and decrypt: the whole of `secrets`, since a key also decides it. */
function readersOf({ secrets }: Entry): string {
  return JSON.stringify(secrets ?? null);
}

/** Returns whether a cell or an application is removed. */
function takesAway(before: Entry, after: Entry): boolean {
  const left = new Set([...namesOf(after["cells"]), ...namesOf(after["applications"])]);
  return [...namesOf(before["cells"]), ...namesOf(before["applications"])].some((name) => !left.has(name));
}

function namesOf(list: unknown): string[] {
  if (!Array.isArray(list)) return [];
  return list.map((item: unknown) => {
    if (typeof item === "string") return item;
    const { cell, purpose = "default" } = item as { cell?: unknown; purpose?: unknown };
    return `${String(cell)}/${String(purpose)}`;
  });
}
