import { fstatSync } from "node:fs";

/**
 * Ends this process when its engine has ended. A killed engine leaves its providers running; one of them
 * would continue with a create whose response no one waits for, and could mistake what the next `up` creates
 * for its own lost object. The engine holds the other end of a provider's standard input, which closes with
 * it.
 */
export function endWithEngine(): void {
  if (!isProviderOfEngine()) return;
  process.stdin.once("end", () => process.exit(1)).resume();
}

/** Tests, and programs that use only the client, have another standard input. */
export function isProviderOfEngine(): boolean {
  return /[\\/]cmd[\\/]dynamic-provider\b/.test(process.argv[1] ?? "") && fstatSync(0).isFIFO();
}
