import { createInterface } from "node:readline/promises";

import { UsageError } from "resistant-tenants-operations/usage";

/**
 * Asks before something is changed. The question goes to the standard error: the standard output is for the
 * result.
 *
 * @throws {@link UsageError} if no one can answer
 */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new UsageError(
      "There is no terminal for the confirmation, so nothing was changed. Add --yes to skip the question.",
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(?:es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
