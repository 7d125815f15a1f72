import { openClock } from "pulumi-resistant-tenants/internal/clock";
import { configurationOf } from "resistant-tenants-operations/configuration/of-stack";
import { type Credential, toCredentials } from "resistant-tenants-operations/credentials";
import { openStack, type Stack } from "resistant-tenants-operations/stack/stack";
import { readResources } from "resistant-tenants-operations/stack/state";

import { type CommandOptions, type ExitCode, exitCodes } from "../command";
import { json, line, table } from "../print/output";

/** Runs `tenants credentials`. */
export async function credentials(options: CommandOptions): Promise<ExitCode> {
  const stack = await openStack(options, process.env);
  const now = openClock(stack.settings.apiUrl, stack.environment)();
  const { customers } = await configurationOf(stack);
  const list = await toCredentials(
    customers.filter(({ status }) => status !== "released"),
    await readResources(stack.pulumi),
    now.getTime(),
  );
  if (options.json === true) json({ stack: stack.name, at: now.toISOString(), credentials: list });
  else writeTable(list, stack);
  return list.some(({ overdue }) => overdue.length > 0) ? exitCodes.found : exitCodes.ok;
}

function writeTable(list: readonly Credential[], { name, settings, pulumi }: Stack): void {
  line(`Stack ${name}, stage ${settings.stage}`);
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
      running === undefined ? "not made yet" : running.clientId,
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
  if (list.some(({ overdue }) => overdue.length > 0))
    line(`What is overdue is done by: ${pulumi.typed(["up"])}`);
}
