import { canonical, messageOf } from "pulumi-resistant-tenants/internal/vocabulary";
import { PulumiError } from "resistant-tenants-operations/stack/pulumi";

import { planFailed, planMade } from "../actions/planned";
import { digestOfFacts, type PlanFacts, type PlanPart } from "../plan/facts";
import { linesOf } from "../plan/lines";
import type { StartingState } from "../plan/starting-state";
import type { RequestRow } from "../records/schema";
import { IssuerKeysError, issuerRetrySeconds } from "../signing/issuer-keys";
import { recordIn } from "./customer-result";
import { EngineProblem } from "./engine";
import { mustEnd } from "./outcome";
import { noticeOutsideUpdate } from "./outside";
import {
  checkAtVendor,
  factsOf,
  insistOnRotation,
  jobOf,
  planPart,
  PlanProblem,
  prepare,
  presentTarget,
  type Target,
  targetsOf,
} from "./parts";
import type { Handled } from "./queue";
import { findRequest, recordProgress, wasStarted } from "./requests";
import { StackBusyError, withLease, type Work } from "./work";

/**
 * Makes the plan of a request. If it is delivered again, the plan is made again; a request that waits for no
 * plan is left alone.
 */
export async function planJob(work: Work, requestId: string): Promise<Handled> {
  const request = await findRequest(work, requestId);
  if (request?.state !== "previewing") return "done";
  let facts: PlanFacts;
  let isOnRecord: boolean;
  try {
    const planned = await plan(work, request);
    facts = factsOf(
      work,
      request,
      planned.map(({ part }) => part),
    );
    isOnRecord = planned.every(isRecorded);
  } catch (error) {
    if (mustEnd(work, error)) throw error;
    if (error instanceof StackBusyError) {
      await later(work, requestId, 5);
      return "done";
    }
    await planFailed(work.context, requestId, failureOf(error));
    return "done";
  }
  const made = {
    digest: digestOfFacts(facts),
    facts,
    lines: linesOf(facts),
    changes: facts.parts.flatMap(({ changes }) => changes),
    // If an earlier apply was completed but not recorded, only the recording is left to apply.
    isEmpty: isOnRecord && facts.parts.every(({ isEmpty }) => isEmpty),
  };
  try {
    await planMade(work.context, requestId, made);
  } catch (error) {
    if (!(error instanceof IssuerKeysError)) throw error;
    // The approvals that it has cannot be verified now.
    await later(work, requestId, issuerRetrySeconds);
  }
  return "done";
}

async function later({ context, queue }: Work, requestId: string, seconds: number): Promise<void> {
  await context.database
    .transaction()
    .execute((writing) => queue.postpone(writing, "plan", requestId, "", seconds));
}

interface PlannedTarget {
  target: Target;
  part: PlanPart;
  /** The state that the plan starts from. */
  state: StartingState;
}

/** Returns whether the record of a customer is already as requested, and as the stack's outputs have it. */
function isRecorded({ target: { customer, wanted, endsOn }, state }: PlannedTarget): boolean {
  if (wanted.endsOn !== undefined && wanted.endsOn !== (endsOn ?? null)) return false;
  if (customer.status !== wanted.status || canonical(customer.entry) !== canonical(wanted.entry ?? null))
    return false;
  const record = recordIn(state, customer.name);
  return record === undefined || canonical(record) === canonical(customer.record);
}

async function plan(work: Work, request: RequestRow): Promise<PlannedTarget[]> {
  const planned: PlannedTarget[] = [];
  for (const target of await targetsOf(work, request)) planned.push(await planTarget(work, request, target));
  return planned;
}

async function planTarget(work: Work, request: RequestRow, found: Target): Promise<PlannedTarget> {
  return withLease(work, found.customer.stack, async (lease) => {
    const target = await presentTarget(work, request, found);
    return work.engines.with(jobOf(work, request, target, lease), async (engine) => {
      const state = await prepare(work, engine, target);
      if (state.size === 0 && !(await wasStarted(work, request.id))) {
        if (request.kind === "createCustomer")
          await recordProgress(
            work,
            request,
            "checking with the vendor that the name is free, and the quota",
          );
        await checkAtVendor(work, request, target);
      }
      await recordProgress(
        work,
        request,
        `working out what would change for ${target.customer.name}; nothing is changed yet`,
      );
      await noticeOutsideUpdate(work, engine, target.customer, state);
      const planned = await planPart(work, engine, target, state);
      insistOnRotation(target, planned);
      return { target, part: planned.part, state };
    });
  });
}

/** Describes a failure for the requester. An error that is not our own refusal gets no details. */
export function failureOf(error: unknown): { code: string; detail: string } {
  if (error instanceof PlanProblem) return { code: error.code, detail: error.message };
  if (error instanceof EngineProblem) return { code: "refusedByEngine", detail: error.message };
  if (error instanceof PulumiError) return { code: "engineFailed", detail: error.message };
  return {
    code: "failed",
    detail: `${messageOf(error)} Ask an administrator to retry it.`,
  };
}
