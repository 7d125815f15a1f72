import { printable } from "pulumi-resistant-tenants/client";
import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/settings";

import { beyondRotation, leavesOutSames } from "./rotation-gate";
import type { Preview } from "./step";
import { isEmpty, type Summary } from "./summary";

/** The most reasons that a refusal lists. */
const mostProblems = 20;

/** The conditions under which a preview's update may run. */
export interface Approval {
  /** The approved digest; default: any. */
  expect?: string;
  /** Whether only rotations and retirements are approved, as in unattended runs; default: no. */
  onlyRotations?: boolean;
}

/**
 * Compares a preview with what was approved.
 *
 * @param environment the environment variables that set the clock of a sandbox
 * @returns why its update must not run, and what to do; undefined if it may run
 */
export function refusalOf(
  summary: Summary,
  preview: Preview,
  { expect, onlyRotations = false }: Approval,
  environment: EnvironmentVariables,
): string | undefined {
  if (expect !== undefined && expect !== summary.digest) {
    return (
      `This is not what was reviewed: its digest is ${summary.digest}, but the reviewed digest is ${expect}. ` +
      "Nothing was changed. Preview again, and have the new preview reviewed."
    );
  }
  return onlyRotations && !isEmpty(summary) ? moreThanRotations(preview, environment) : undefined;
}

function moreThanRotations(preview: Preview, environment: EnvironmentVariables): string | undefined {
  if (leavesOutSames(preview.steps)) {
    return (
      "This preview omits unchanged resources, so a rotation cannot be distinguished from another change. Nothing was changed. " +
      "Create it with `pulumi preview --json --show-sames`."
    );
  }
  const beyond = beyondRotation(preview, environment);
  if (preview.report === undefined && beyond.length === 0) {
    return (
      "This preview contains no report of its program (a line that begins with `tenants:plan`), so it is unknown whether it only rotates. Nothing was changed. " +
      "Create it with the program of this release."
    );
  }
  if (beyond.length === 0) return undefined;
  const more = beyond.length - mostProblems;
  const list = [
    ...beyond.slice(0, mostProblems).map((problem) => `  - ${printable(problem)}`),
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ];
  return (
    `More would change than a rotation, and that needs a review:\n${list.join("\n")}\n` +
    "Nothing was changed. Apply the main branch first (the workflow `up`), and repeat the rotation."
  );
}
