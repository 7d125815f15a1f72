import { messageOf } from "pulumi-resistant-tenants/client";

import { otherStacks } from "../stack/former-names";
import type { Stack } from "../stack/stack";
import { readHeldIds } from "../stack/state";

/** The objects in the other stacks of the same backend. */
export interface Elsewhere {
  /** The stack that has an object and its resource's name there, by the object's id. */
  holders: ReadonlyMap<string, Holder>;
  /** The stacks whose state could not be read, each with the reason. */
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
 * Looks for objects in the states of the backend's other stacks: after `pulumi state move`, what one stack
 * created belongs to another. It reads no state if nothing is wanted, and stops once everything is found.
 *
 * @param wanted the ids of existing objects that this stack does not have
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
