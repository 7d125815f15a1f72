import type { Command } from "commander";
import { openClock } from "pulumi-resistant-tenants/internal/clock";

import { type MakeCommand, stackCommand, type StackOptions } from "../command";
import { type Credential, toCredentials } from "../credentials/credential";
import { configurationOf } from "../configuration/of-stack";
import { type ExitCode, exitCodes } from "../exit-codes";
import { json, line, table } from "../output";
import { openStack, type Stack } from "../stack";
import { readResources } from "../state";

const help = `
It reads the configuration and the state, asks nothing of the API, and needs no organization credentials. What is
overdue, the next \`pulumi up\` does.`;

/** Makes `tenants credentials`: a table of all applications with their age, generation and next rotation. */
export const credentialsCommand: MakeCommand = (exit): Command =>
  stackCommand(
    "credentials",
    "List all applications: age and generation of their credentials, and what is due.",
  )
    .addHelpText("after", help)
    .action(async (options: StackOptions) => {
      exit(await credentials(options));
    });

async function credentials(options: StackOptions): Promise<ExitCode> {
  const stack = await openStack(options);
  const now = openClock(stack.settings.apiUrl)();
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
  );
  if (list.some(({ overdue }) => overdue.length > 0))
    line(`What is overdue is done by: ${pulumi.typed(["up"])}`);
}
