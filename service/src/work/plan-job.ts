import { messageOf } from "pulumi-resistant-tenants/internal/vocabulary";
import { PulumiError } from "resistant-tenants-operations/stack/pulumi";

import { canonical } from "../records/canonical";
import { planFailed, planMade } from "../requests/planned";
import { EngineProblem } from "./engine";
import { LeaseLostError } from "./lease";
import {
  checkAtVendor,
  factsOf,
  jobOf,
  noticeOutsideUpdate,
  planPart,
  PlanProblem,
  prepare,
  type Target,
  targetsOf,
} from "./parts";
import { digestOfFacts, type PlanFacts, type PlanPart } from "./plan-facts";
import { linesOf } from "./plan-lines";
import type { Handled } from "./queue";
import { findRequest, wasStarted } from "./requests";
import { RotationError } from "./wanted";
import { type RequestRow, StackBusyError, withLease, type Work } from "./work";

/** Makes the plan of a request. Delivered again, it is made again; a request that waits for none is left alone. */
export async function planJob(work: Work, requestId: string): Promise<Handled> {
  const request = await findRequest(work, requestId);
  if (request?.state !== "previewing") return "done";
  let facts: PlanFacts;
  let isOnRecord: boolean;
  try {
    const targets = await targetsOf(work, request);
    facts = await plan(work, request, targets);
    isOnRecord = targets.every(isRecorded);
  } catch (error) {
    if (work.stopping.aborted || error instanceof LeaseLostError) throw error;
    if (error instanceof StackBusyError) {
      await work.context.database
        .transaction()
        .execute((writing) => work.queue.postpone(writing, "plan", requestId, "", 5));
      return "done";
    }
    await planFailed(work.context, requestId, failureOf(error));
    return "done";
  }
  await planMade(work.context, requestId, {
    digest: digestOfFacts(facts),
    facts,
    lines: linesOf(facts),
    changes: facts.parts.flatMap(({ changes }) => changes),
    // What an earlier apply has done, and nobody has put on record, is still to be applied: nothing is left but that.
    isEmpty: isOnRecord && facts.parts.every(({ isEmpty }) => isEmpty),
  });
  return "done";
}

/** Tells whether the record of a customer is what the request wants it to be. */
function isRecorded({ customer, wanted }: Target): boolean {
  return customer.status === wanted.status && canonical(customer.entry) === canonical(wanted.entry ?? null);
}

async function plan(work: Work, request: RequestRow, targets: readonly Target[]): Promise<PlanFacts> {
  const parts: PlanPart[] = [];
  for (const target of targets) parts.push(await planTarget(work, request, target));
  return factsOf(work, request, parts);
}

async function planTarget(work: Work, request: RequestRow, target: Target): Promise<PlanPart> {
  return withLease(work, target.customer.stack, (lease) =>
    work.engines.with(jobOf(work, request, target, lease), async (engine) => {
      const state = await prepare(work, engine, target);
      if (state.size === 0 && !(await wasStarted(work, request.id)))
        await checkAtVendor(work, request, target);
      await noticeOutsideUpdate(work, target.customer, state);
      return (await planPart(work, engine, target, state)).part;
    }),
  );
}

/** Says what went wrong to whoever asked. What is no refusal of ours holds no detail that is meant for people. */
export function failureOf(error: unknown): { code: string; detail: string } {
  if (error instanceof PlanProblem) return { code: error.code, detail: error.message };
  if (error instanceof RotationError) return { code: "invalid", detail: error.message };
  if (error instanceof EngineProblem) return { code: "refusedByEngine", detail: error.message };
  if (error instanceof PulumiError) return { code: "engineFailed", detail: error.message };
  return {
    code: "failed",
    detail: `${messageOf(error)} Have it tried again; if it fails again, tell an administrator.`,
  };
}
