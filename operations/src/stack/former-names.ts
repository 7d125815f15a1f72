import {
  formerNamesIn,
  type JournalEvent,
  underPresentName,
} from "pulumi-resistant-tenants/internal/journal";

import { listStacks } from "./list";
import type { Stack } from "./stack";

/**
 * Reads the events of a renamed or wholly moved stack under its present name. If a stack still exists under a
 * former name, only some of its resources were moved (`pulumi state move`), and its events stay its own.
 */
export async function asOneRecord(
  stack: Stack,
  events: readonly JournalEvent[],
): Promise<readonly JournalEvent[]> {
  const names = new Set([...formerNamesIn(events, stack.name), ...(await stack.formerNames())]);
  if (names.size === 0) return events;
  const existing = await existingStacks(stack);
  return underPresentName(events, stack.name, new Set([...names].filter((name) => !existing.has(name))));
}

/** Lists the other non-empty stacks of the backend by their full names; those of the same project first. */
export async function otherStacks(stack: Stack): Promise<string[]> {
  const own = stack.name.split("/").slice(0, -1).join("/");
  const names = [...(await existingStacks(stack))].filter((name) => name !== stack.name);
  return names.toSorted((a, b) => Number(b.startsWith(`${own}/`)) - Number(a.startsWith(`${own}/`)));
}

/** Lists the stacks of the backend by their full names; the engine lists those of the same project by a shorter one. */
async function existingStacks({ pulumi, name: own }: Stack): Promise<Set<string>> {
  const listed = await listStacks(pulumi, "--all");
  const [ownOrganization = "", project = ""] = own.split("/");
  return new Set(
    listed.map(({ name }) => {
      const [stack = "", organization = ownOrganization, ...rest] = name.split("/").toReversed();
      return rest.length > 0 ? name : `${organization}/${project}/${stack}`;
    }),
  );
}
