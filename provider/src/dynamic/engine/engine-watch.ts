import { fstatSync } from "node:fs";

/**
 * Ends this process once the engine that started it is gone. An engine that is killed leaves its providers running;
 * one of them would go on with a create whose answer nobody waits for, and could take what the next `up` makes in the
 * meantime for its own lost object. The engine holds the other end of a provider's standard input, which closes with it.
 */
export function endWithEngine(): void {
  if (!isProviderOfEngine()) return;
  process.stdin.once("end", () => process.exit(1)).resume();
}

/** Tests, and programs that use the client alone, have a standard input of their own. */
function isProviderOfEngine(): boolean {
  return /[\\/]cmd[\\/]dynamic-provider\b/.test(process.argv[1] ?? "") && fstatSync(0).isFIFO();
}
