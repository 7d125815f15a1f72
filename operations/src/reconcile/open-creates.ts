import type { ApiApplication } from "pulumi-resistant-tenants/client";
import type { IntentEvent } from "pulumi-resistant-tenants/internal/journal";
import { sameMembers } from "pulumi-resistant-tenants/internal/operator";
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
  let open = intents.map((intent) => ({ intent, candidates: candidatesOf(intent, unclaimed) }));
  const settled: OpenCreate[] = [];
  for (;;) {
    const sure = open.find(({ candidates }) => candidates.length === 1);
    if (sure === undefined) return [...settled, ...open];
    const [application] = sure.candidates;
    const others = open.filter((other) => other !== sure);
    const rival = others.find(({ candidates }) => candidates.some((candidate) => candidate === application));
    settled.push({ ...sure, rival: rival?.intent.slot });
    open = others.map(({ intent, candidates }) => ({
      intent,
      candidates: candidates.filter((candidate) => candidate !== application),
    }));
  }
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
