import { openClock } from "pulumi-resistant-tenants/internal/clock";
import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";
import { type Credential, toCredentials } from "resistant-tenants-operations/credentials";
import { configurationOf, openStack } from "resistant-tenants-operations/stack/stack";
import { readResources } from "resistant-tenants-operations/stack/state";

import { type CommandOptions, type ExitCode, exitCodes } from "../command";
import { json, line, table } from "../print/output";

/** Runs `tenants credentials`. */
export async function credentials(
  options: CommandOptions & { stage?: string },
  environment: EnvironmentVariables,
): Promise<ExitCode> {
  if (options.stage !== undefined)
    return credentialsOfFleet({ ...options, stage: options.stage }, environment);
  const stack = await openStack(options, environment);
  const now = openClock(stack.settings.apiUrl, stack.environment)();
  const { customers } = await configurationOf(stack);
  const list = await toCredentials(
    customers.filter(({ status }) => status !== "released"),
    await readResources(stack.pulumi),
    now.getTime(),
  );
  if (options.json === true) json({ stack: stack.name, at: now.toISOString(), credentials: list });
  else {
    const { name, settings, pulumi } = stack;
    writeTable(list, { title: `Stack ${name}, stage ${settings.stage}`, up: pulumi.typed(["up"]) });
  }
  return list.some(({ overdue }) => overdue.length > 0) ? exitCodes.found : exitCodes.ok;
}

/** Reads all stacks of a fleet as one. */
async function credentialsOfFleet(
  options: CommandOptions & { stage: string },
  environment: EnvironmentVariables,
): Promise<ExitCode> {
  const { openFleet } = await import("resistant-tenants-operations/fleet/fleet");
  const { stage, readAll } = await openFleet(options, environment);
  const { settings, customers } = stage.configuration;
  const now = openClock(settings.apiUrl, environment)();
  const resources = [...(await readAll()).values()].flatMap((state) => state.resources);
  const declared = customers.filter(({ status }) => status !== "released");
  const list = await toCredentials(declared, resources, now.getTime());
  if (options.json === true) json({ stage: stage.name, at: now.toISOString(), credentials: list });
  else
    writeTable(list, {
      title: `${stage.stacks.length} stacks of ${stage.name}, stage ${settings.stage}`,
      up: `npm run tenants -- fleet up --stage ${stage.name}`,
    });
  return list.some(({ overdue }) => overdue.length > 0) ? exitCodes.found : exitCodes.ok;
}

function writeTable(list: readonly Credential[], { title, up }: { title: string; up: string }): void {
  line(title);
  if (list.length === 0) {
    line("It has no applications.");
    return;
  }
  table(
    ["customer", "cell", "purpose", "client", "generation", "age", "next rotation", "retiring", "overdue"],
    list.map(({ customer, cell, purpose, running, retiring, overdue }) => [
      customer,
      cell,
      purpose,
      running === undefined ? "not created yet" : running.clientId,
      running === undefined ? undefined : String(running.generation),
      running?.ageInDays === undefined ? undefined : `${running.ageInDays}d`,
      running?.nextRotation?.slice(0, 16),
      retiring
        .map(
          ({ generation, clientId = "unknown", until }) =>
            `${generation} (${clientId})${until === undefined ? "" : ` until ${until.slice(0, 16)}`}`,
        )
        .join(", "),
      overdue.length === 0 ? undefined : { alarm: overdue.join(", ") },
    ]),
    ["generation", "client", "retiring", "age", "next rotation"],
  );
  if (list.some(({ overdue }) => overdue.length > 0)) line(`To do what is overdue: ${up}`);
}
