import type { Verification, VerifiedChain } from "pulumi-resistant-tenants/internal/journal";

import { count } from "./audit";
import { json, line } from "./output";

/** Prints the result of a verification, for people. */
export function verifiedAsText({ chains, defects, notes }: Verification, location: string): void {
  line(`Journal ${location}`);
  if (chains.length === 0) line("It has no events.");
  for (const chain of chains) describeChain(chain);
  for (const { where, note } of notes) line(`Note: ${where} ${note}.`);
  line();
  if (defects.length === 0) {
    line("No gap or change was found.");
    line(
      "If the end was removed with objects that were created and deleted again, only CloudWatch Logs, S3's versions or a noted hash can show it: store the hash above elsewhere, and pass it to --expect.",
    );
    return;
  }
  line(`${count(defects.length, "defect")}:`);
  for (const { kind, where, problem } of defects) line(`- ${where} [${kind}] ${problem}.`);
}

function describeChain({ stack, events, beginsAt, unchained, head }: VerifiedChain): void {
  line(`Stack ${stack}: ${count(events, "event")}, the last ${head.at} (${head.where})`);
  if (beginsAt === undefined) line("  None has a hash yet: the next change begins the chain.");
  else if (unchained > 0)
    line(
      `  The chain begins at ${beginsAt}; the ${count(unchained, "event")} before it are covered by its first hash.`,
    );
  line(`  ${head.hash}`);
}

/** Prints it as JSON. */
export function verifiedAsJson(verification: Verification, location: string): void {
  json({ journal: location, isSound: verification.defects.length === 0, ...verification });
}
