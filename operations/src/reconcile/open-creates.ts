import type { ApiApplication } from "pulumi-resistant-tenants/client";
import type { IntentEvent } from "pulumi-resistant-tenants/internal/journal";
import { sameMembers } from "pulumi-resistant-tenants/internal/operator";
import { groupBy } from "pulumi-resistant-tenants/internal/vocabulary";
import { z } from "zod";

/** The recorded parameters of a create of an application. */
export const applicationParameters = z.object({
  cell: z.string().optional().catch(undefined),
  scopes: z.array(z.string()).default([]).catch([]),
  authMethod: z.string().optional().catch(undefined),
});

/** The recorded parameters of a create of a tenant. */
export const tenantParameters = z.object({
  name: z.string().optional().catch(undefined),
  adopt: z.string().optional().catch(undefined),
});

/** A create whose end is unknown, and the applications that it may have created. */
export interface OpenCreate {
  intent: IntentEvent;
  candidates: ApiApplication[];
  /** The slot of another open create that may have created the only candidate just as well. */
  rival?: string | undefined;
}

/**
 * Finds the applications that each open create may have created: in its tenant, with its cell and scopes,
 * created since, and not assigned otherwise. A create creates one application: if only one matches, it is
 * assigned to no other create.
 *
 * @param unclaimed the applications, by tenant, that are in neither the state nor any record
 */
export function matchOpenCreates(
  intents: readonly IntentEvent[],
  unclaimed: ReadonlyMap<string, readonly ApiApplication[]>,
): OpenCreate[] {
  const open = intents.map((intent): OpenCreate => ({
    intent,
    candidates: candidatesOf(intent, unclaimed),
  }));
  const claims = groupBy(
    open.flatMap((create, place) => create.candidates.map((application) => ({ application, create, place }))),
    ({ application }) => application,
  );
  const settled = new Map<OpenCreate, OpenCreate>();
  /** Returns the places of others that have one candidate now. */
  const settle = (sure: OpenCreate): number[] => {
    const [application] = sure.candidates;
    if (application === undefined || sure.candidates.length > 1 || settled.has(sure)) return [];
    const others = (claims.get(application) ?? []).filter(({ create }) => create !== sure);
    settled.set(sure, {
      ...sure,
      rival: others.find(({ create }) => create.intent.slot !== sure.intent.slot)?.create.intent.slot,
    });
    for (const { create } of others)
      create.candidates = create.candidates.filter((candidate) => candidate !== application);
    return others.filter(({ create }) => create.candidates.length === 1).map(({ place }) => place);
  };
  for (const place of open.keys()) {
    // The first one with one candidate is settled first.
    const earlier = [place];
    for (let next = earlier.shift(); next !== undefined; next = earlier.shift()) {
      const one = open[next];
      if (one === undefined) continue;
      earlier.push(...settle(one).filter((other) => other < place));
      earlier.sort((a, b) => a - b);
    }
  }
  return [...settled.values(), ...open.filter((create) => !settled.has(create))];
}

function candidatesOf(
  intent: IntentEvent,
  unclaimed: ReadonlyMap<string, readonly ApiApplication[]>,
): ApiApplication[] {
  const wanted = applicationParameters.parse(intent.parameters);
  return (unclaimed.get(intent.tenantId ?? "") ?? []).filter(
    ({ applicationId, cell, scopes }) =>
      cell === wanted.cell &&
      sameMembers(scopes, wanted.scopes) &&
      !(intent.known ?? []).includes(applicationId),
  );
}
