import type { ApiApplication } from "pulumi-resistant-tenants/client";
import type { IntentEvent } from "pulumi-resistant-tenants/internal/journal";
import { sameMembers } from "pulumi-resistant-tenants/internal/operator";
import { z } from "zod";

/** What an intent to make an application asked for. */
export const applicationParameters = z.object({
  cell: z.string().optional().catch(undefined),
  scopes: z.array(z.string()).default([]).catch([]),
  authMethod: z.string().optional().catch(undefined),
});

/** What an intent to make a tenant asked for. */
export const tenantParameters = z.object({
  name: z.string().optional().catch(undefined),
  adopt: z.string().optional().catch(undefined),
});

/** A create whose end is not known, and the applications that it may have made. */
export interface OpenCreate {
  intent: IntentEvent;
  candidates: ApiApplication[];
}

/**
 * Finds for each open create the applications that it may have made: of its tenant, with its cell and its scopes, not
 * there before, and nobody's. A create makes one: where only one comes into question, it is no other's.
 *
 * @param unclaimed the applications, by tenant, that neither the state holds nor any record names
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
    settled.push(sure);
    open = open
      .filter((other) => other !== sure)
      .map(({ intent, candidates }) => ({
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
