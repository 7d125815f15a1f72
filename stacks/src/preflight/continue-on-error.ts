import * as pulumi from "@pulumi/pulumi";
import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";
import { nameOfUrn } from "pulumi-resistant-tenants/internal/own-stack";
import { tenantApplicationType } from "pulumi-resistant-tenants/internal/resource-types";

import type { ProgramRun } from "../run/program-run";

const variables = ["PULUMI_CONTINUE_ON_ERROR", "PULUMI_OPTION_CONTINUE_ON_ERROR"];

/**
 * Returns whether the environment lets an update continue after a failure. The command line's
 * `--continue-on-error` does the same, but a program does not see it.
 */
export function continuesOnError(environment: EnvironmentVariables): boolean {
  return variables.some((name) => ["1", "true"].includes((environment[name] ?? "").toLowerCase()));
}

/**
 * Explains what one customer's failure means for the others, if an update creates something and there are
 * others.
 *
 * @param applications the names of all declared applications
 */
export async function tellOfFirstFailure(
  { environment, held: resources }: Pick<ProgramRun, "environment" | "held">,
  customers: number,
  applications: readonly string[],
): Promise<void> {
  if (customers < 2 || pulumi.runtime.isDryRun() || continuesOnError(environment)) return;
  const held = new Set(
    resources.filter(({ type }) => type === tenantApplicationType).map(({ urn }) => nameOfUrn(urn)),
  );
  if (applications.every((name) => held.has(name))) return;
  await pulumi.log.info(
    "The first failure stops this update for all customers, unless it was started with --continue-on-error. " +
      "With PULUMI_CONTINUE_ON_ERROR=true, a failure does not stop other customers.",
  );
}
