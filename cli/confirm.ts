import { createInterface } from "node:readline/promises";

import { UsageError } from "resistant-tenants-operations/usage";

/**
 * Asks before something is changed. The question goes to the standard error: the standard output is the answer's.
 *
 * @throws {@link UsageError} where nobody is there to be asked
 */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new UsageError(
      "There is no terminal to ask at, and nothing was changed. Give --yes to go on without being asked.",
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(?:es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
