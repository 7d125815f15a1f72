import { messageOf } from "pulumi-resistant-tenants/client";

import { otherStacks } from "../stack/former-names";
import type { Stack } from "../stack/stack";
import { readHeldIds } from "../stack/state";
import type { Comparison } from "./comparison";
import type { Existing } from "./existing";

/** What the other stacks of the same backend hold. */
export interface Elsewhere {
  /** By the id of an object: which stack holds it, and its resource's name there. */
  holders: ReadonlyMap<string, Holder>;
  /** The stacks whose state could not be read, each with why. */
  unread: ReadonlyMap<string, string>;
}

/** Another stack's resource. */
export interface Holder {
  /** `organization/project/stack`. */
  stack: string;
  /** The resource's name in it. */
  slot: string;
}

/** How many states are read at the same time. */
const statesAtOnce = 4;

/**
 * Looks for objects in the states of the other stacks of the backend: after `pulumi state move`, what a stack made is
 * another's. It reads no state where nothing is looked for, and no more states once all is found.
 *
 * @param wanted the ids of what is there and that this stack does not hold
 */
export async function findElsewhere(stack: Stack, wanted: ReadonlySet<string>): Promise<Elsewhere> {
  const holders = new Map<string, Holder>();
  const unread = new Map<string, string>();
  if (wanted.size === 0) return { holders, unread };
  const look = async (name: string): Promise<void> => {
    try {
      for (const [id, slot] of await readHeldIds(stack.pulumi, name))
        if (wanted.has(id)) holders.set(id, { stack: name, slot });
    } catch (error) {
      unread.set(name, messageOf(error));
    }
  };
  const left = await otherStacks(stack);
  while (left.length > 0 && holders.size < wanted.size)
    await Promise.all(left.splice(0, statesAtOnce).map(look));
  return { holders, unread };
}

/** Gives the ids of what is there, or waits in AWS, and that this stack does not hold. */
export function unheldIds(
  { state, emptySecrets }: Pick<Comparison, "state" | "emptySecrets">,
  { tenants, applications }: Existing,
  onRecord: ReadonlySet<string>,
): Set<string> {
  const held = new Set([
    ...state.tenants.map(({ tenantId }) => tenantId),
    ...state.applications.map(({ applicationId }) => applicationId),
    ...state.released,
  ]);
  const ids = [
    ...tenants.map(({ tenantId }) => tenantId).filter((id) => onRecord.has(id) || applications.has(id)),
    ...[...applications.values()].flat().map(({ applicationId }) => applicationId),
    ...[...emptySecrets.values()].map(({ arn }) => arn),
  ];
  return new Set(ids.filter((id) => !held.has(id)));
}
