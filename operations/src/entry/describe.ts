import type { Stack } from "../stack/stack";
import type { PrintedEntry } from "./entry";

/**
 * Writes entries for people: what to do with them, and the lines as they are pasted.
 *
 * @param areRestored whether the state has the customers' secrets by now
 */
export function describeEntries(
  entries: readonly PrintedEntry[],
  { pulumi, typed }: Pick<Stack, "pulumi" | "typed">,
  areRestored = false,
): string[] {
  return entries.flatMap(({ customer, isDeclared, yaml }) => [
    "",
    `Customer ${customer}: to take over what is there, paste this under tenants:customers${isDeclared ? `, in place of the present entry of ${customer}` : ""};`,
    areRestored
      ? `then run \`${pulumi.typed(["up"])}\`:`
      : `then run \`${typed(["restore", customer])}\`, which takes its secrets into the state, and \`${pulumi.typed(["up"])}\`:`,
    "",
    yaml,
  ]);
}
