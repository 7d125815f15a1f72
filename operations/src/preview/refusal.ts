import { printable } from "pulumi-resistant-tenants/client";
import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/settings";

import { beyondRotation, leavesOutSames } from "./rotation-gate";
import type { Preview } from "./step";
import { isEmpty, type Summary } from "./summary";

/** How many reasons a refusal lists. */
const mostProblems = 20;

/** What a preview must be for its update to run. */
export interface Approval {
  /** The digest of what was approved; default: any. */
  expect?: string;
  /** Whether only rotations and retirements are approved, as of unattended runs; default: no. */
  onlyRotations?: boolean;
}

/**
 * Judges a preview by what was approved.
 *
 * @param environment the environment variables by which the clock of a sandbox is set
 * @returns why its update must not run, and what to do; undefined where it may
 */
export function refusalOf(
  summary: Summary,
  preview: Preview,
  { expect, onlyRotations = false }: Approval,
  environment: EnvironmentVariables,
): string | undefined {
  if (expect !== undefined && expect !== summary.digest) {
    return (
      `This is not what was reviewed: its digest is ${summary.digest}, and the reviewed one's is ${expect}. ` +
      "Nothing was changed. Preview it again, and have that reviewed."
    );
  }
  return onlyRotations && !isEmpty(summary) ? moreThanRotations(preview, environment) : undefined;
}

function moreThanRotations(preview: Preview, environment: EnvironmentVariables): string | undefined {
  if (leavesOutSames(preview.steps)) {
    return (
      "This preview leaves out what stays as it is, so a rotation cannot be told from another change. Nothing was changed. " +
      "Make it with `pulumi preview --json --show-sames`."
    );
  }
  const beyond = beyondRotation(preview, environment);
  if (preview.report === undefined && beyond.length === 0) {
    return (
      "This preview holds no report of its program (a line that begins with `tenants:plan`), so it cannot be told whether it rotates and does nothing else. Nothing was changed. " +
      "Make it with the program of this release."
    );
  }
  if (beyond.length === 0) return undefined;
  const more = beyond.length - mostProblems;
  const list = [
    ...beyond.slice(0, mostProblems).map((problem) => `  - ${printable(problem)}`),
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ];
  return (
    `There is more to do than to rotate, and that needs a review:\n${list.join("\n")}\n` +
    "Nothing was changed. Apply the main branch first (the workflow `up`), and repeat the rotation."
  );
}
