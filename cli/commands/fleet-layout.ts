import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";
import { readLayout } from "resistant-tenants-operations/fleet/layout";

import { type ExitCode, exitCodes } from "../command";
import { json, line, table } from "../print/output";
import type { StageOptions } from "./fleet";

/** The options of `tenants fleet layout`. */
export interface LayoutOptions extends StageOptions {
  since?: string;
}

/** Runs `tenants fleet layout`. */
export async function layout(options: LayoutOptions, environment: EnvironmentVariables): Promise<ExitCode> {
  const { stage, stacks } = await readLayout(options, environment, options.since);
  const shown = stacks.map(({ name, customers }) => ({
    stack: name,
    customers: customers.map(({ configuration }) => configuration.name).toSorted(),
  }));
  if (options.json === true) json({ stage: stage.name, bits: stage.bits, stacks: shown });
  else if (shown.length === 0) line("No stack has other customers or settings.");
  else
    table(
      ["stack", "count", "customers"],
      shown.map(({ stack, customers }) => [stack, String(customers.length), customers.join(" ")]),
    );
  return exitCodes.ok;
}
