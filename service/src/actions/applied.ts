import { checkApprovals } from "../approval/check";
import { append } from "../audit/chain";
import type { ServiceContext } from "../context";
import { hasClientsOf } from "../customers/on-record";
import { type AppliedCustomer, noteNothingDue, saveApplied } from "../customers/save-applied";
import { tellWebhooks } from "../notices/webhook/payload";
import { write } from "../records/database";
import type { RequestRow, Writing } from "../records/schema";
import type { RequestState } from "../requests/request";
import type { CustomerRow } from "../requests/stale";
import { fail, type Failure, type Guard, planAnew, recordForged, report, staleOf } from "./report";
import { transition } from "./transition";

/**
 * Starts an apply, under the customer's lease, just before the engine starts: checks the approvals of the
 * digest again and uses them up. If they no longer hold, the request is planned again.
 *
 * @param digest - Of the plan that the worker has just made again.
 */
export async function applyStarted(
  context: ServiceContext,
  requestId: string,
  digest: string,
  guard?: Guard,
): Promise<{ isApproved: true } | { isApproved: false; missing: number }> {
  const begun = await report(context, { requestId, state: "queued", guard }, async (writing, request) => {
    const plan = await writing
      .selectFrom("plans")
      .select("digest")
      .where("id", "=", request.plan_id ?? "")
      .executeTakeFirst();
    const isSame = plan?.digest === digest;
    const checked = await checkApprovals(context, request, { digest }, writing);
    await recordForged(context, writing, request, checked.notCounted);
    if (isSame && checked.isApproved) {
      await transition(context, writing, { requestId, event: "applyStarted", data: { digest } });
      return { isApproved: true } as const;
    }
    const why = isSame ? "approvals" : "digest";
    await planAnew(context, writing, requestId, "planChanged", {
      why,
      digest: plan?.digest ?? null,
      now: digest,
    });
    return { isApproved: false, missing: checked.missing } as const;
  });
  return begun ?? { isApproved: false, missing: 0 };
}

/**
 * Ensures that an apply to be continued was started properly: with approvals of its digest that count by
 * their evidence. Someone who has only the database can write that a request is being applied.
 *
 * @returns whether it was; if not, that is recorded
 */
export async function insistOnBegun(
  context: ServiceContext,
  requestId: string,
  digest: string,
  guard?: Guard,
): Promise<boolean> {
  const isApproved = await report(
    context,
    { requestId, state: "applying", guard },
    async (writing, request) => {
      const begun = await writing
        .selectFrom("events")
        .select("at")
        .where("request_id", "=", requestId)
        .where("kind", "=", "applyStarted")
        .orderBy("sequence", "desc")
        .limit(1)
        .executeTakeFirst();
      const then = { ...context, now: () => begun?.at ?? context.now() };
      const checked = await checkApprovals(then, request, { digest }, writing, {
        isBegun: begun !== undefined,
      });
      await recordForged(context, writing, request, checked.notCounted);
      const isBegun = begun !== undefined && checked.isApproved;
      if (!isBegun && !checked.notCounted.some(({ isForged }) => isForged))
        await append(context, writing, {
          kind: "approvalNotVerified",
          requestId,
          stage: request.stage,
          customer: request.customer ?? undefined,
          data: {
            why: "it is marked as applying, but was not started with the approvals of its plan",
            digest,
          },
        });
      return isBegun;
    },
  );
  return isApproved ?? false;
}

/**
 * Records the result of an apply: updates the customer's record, ends the request, and has the customer's
 * other plans made again. A change based on an older record would undo this one: it fails, with the
 * differences.
 */
export async function applied(
  context: ServiceContext,
  requestId: string,
  result: AppliedCustomer | readonly AppliedCustomer[],
  guard?: Guard,
): Promise<void> {
  const customers = Array.isArray(result) ? (result as AppliedCustomer[]) : [result as AppliedCustomer];
  await report(context, { requestId, state: "applying", guard }, async (writing, request) => {
    // All locks of rows come before the first event.
    const others = await lockOthers(writing, request, customers);
    const handedOver = await handedOverIn(writing, request.stage);
    const saved = [];
    for (const customer of customers) saved.push(await saveApplied(context, writing, request, customer));
    for (const customer of saved) {
      // Only its record was deleted: its tenant lives on elsewhere.
      if (customer.status === "deleted" && handedOver.has(customer.name)) continue;
      await tellWebhooks(context, writing, request, customer);
    }
    const told = saved.length === 1 ? saved[0] : { customers: saved };
    await transition(context, writing, {
      requestId,
      event: "applied",
      data: { ...told },
      set: { result: JSON.stringify(told), problem: null },
    });
    for (const other of others) await planOther(context, writing, other);
  });
}

/** Returns the names of the stage's customers that were handed over. */
async function handedOverIn(writing: Writing, stage: string): Promise<Set<string>> {
  const rows = await writing
    .selectFrom("customers")
    .select("name")
    .where("stage", "=", stage)
    .where("status", "=", "released")
    .execute();
  return new Set(rows.map(({ name }) => name));
}

/**
 * Records the result of a rotation by the clock: updates the customer's record, and has the customer's plans
 * made again. If the engine has changed nothing, and the result has other clients than the record, an earlier
 * rotation was completed and not recorded.
 *
 * @param customer - As recorded, read under its lease.
 * @param isChanged - Whether the engine has done anything now.
 */
export async function rotatedByClock(
  context: ServiceContext,
  customer: Pick<CustomerRow, "id" | "stage" | "name" | "record">,
  result: AppliedCustomer,
  { isChanged, guard }: { isChanged: boolean; guard?: Guard },
): Promise<void> {
  await write(context, async (writing) => {
    await guard?.(writing);
    if (!isChanged && (await hasClientsOf(writing, customer, result))) {
      await noteNothingDue(context, writing, customer, result);
      return;
    }
    const { stage, name } = customer;
    const by = { id: null, stage, customer: name, requester_id: null };
    const others = await lockOthers(writing, by, [result]);
    const saved = await saveApplied(context, writing, by, result);
    await append(context, writing, { kind: "rotatedByClock", stage, customer: name, data: { ...saved } });
    for (const other of others) await planOther(context, writing, other);
  });
}

/** Records that an apply failed for good. */
export async function applyFailed(
  context: ServiceContext,
  requestId: string,
  failure: Failure,
  guard?: Guard,
): Promise<void> {
  await report(context, { requestId, state: "applying", guard }, (writing) =>
    fail(context, writing, requestId, "applyFailed", failure),
  );
}

/** Locks the requests of the same customers whose plan is now outdated, in the order of their ids. */
async function lockOthers(
  writing: Writing,
  request: { id: string | null; stage: string; customer: string | null },
  customers: readonly AppliedCustomer[],
): Promise<RequestRow[]> {
  const names = [...new Set([request.customer, ...customers.map(({ name }) => name)])].filter(
    (name) => name !== null && name !== undefined,
  );
  return await writing
    .selectFrom("requests")
    .selectAll()
    .where("stage", "=", request.stage)
    .where((where) => where.or([where("customer", "in", names), where("customer", "is", null)]))
    .$if(request.id !== null, (query) => query.where("id", "<>", request.id ?? ""))
    .where("state", "in", ["waitingForApproval", "queued"] satisfies RequestState[])
    .orderBy("id")
    .forUpdate()
    .execute();
}

async function planOther(context: ServiceContext, writing: Writing, other: RequestRow): Promise<void> {
  const stale = await staleOf(writing, other);
  if (stale === undefined) {
    await planAnew(context, writing, other.id, "planOutdated", {});
    return;
  }
  await transition(context, writing, { requestId: other.id, event: "planOutdated" });
  await fail(context, writing, other.id, "planFailed", stale);
}
