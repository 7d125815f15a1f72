import { Argument, type Command } from "commander";
import { type Cell, cells } from "pulumi-resistant-tenants/client";
import type { CustomerRecord } from "pulumi-resistant-tenants/internal/stack-outputs";

import { type MakeCommand, stackCommand, type StackOptions } from "../command";
import { exitCodes, UsageError } from "../exit-codes";
import { json, line } from "../output";
import { readRecords, recordOf } from "../records";

const help = `
It prints plain lines to be pasted. The vendor asks for stage, cell and tenant_id in every ticket; no credential belongs
in one, and none is printed. It reads the stack's outputs, and needs no credential.`;

/** Makes `tenants ticket`: the lines that a support ticket at the vendor needs. */
export const ticketCommand: MakeCommand = (exit): Command =>
  stackCommand("ticket", "Print the lines that a support ticket at the vendor needs.")
    .argument("<customer>", "its name")
    .addArgument(new Argument("<cell>", "the cell that the ticket is about").choices(cells))
    .addHelpText("after", help)
    .action(async (customer: string, cell: Cell, options: StackOptions) => {
      const ticket = toTicket(recordOf(await readRecords(options), customer), cell);
      if (options.json === true) json(Object.fromEntries(ticket));
      else for (const [name, value] of ticket) line(`${name}: ${value}`);
      exit(exitCodes.ok);
    });

/** @throws {@link UsageError} where the customer has nothing in the cell */
function toTicket(record: CustomerRecord, cell: Cell): Array<[name: string, value: string]> {
  const { name, stage, tenantId, webUiUrls, applications } = record;
  const known = new Set([...record.cells, ...record.uiCells]);
  if (!known.has(cell)) {
    throw new UsageError(
      `Customer "${name}" has nothing in cell ${cell}. It is in ${[...known].join(", ")}.`,
    );
  }
  const webUiUrl = webUiUrls[cell];
  const own = applications.filter((application) => application.cell === cell);
  return [
    ["stage", stage],
    ["cell", cell],
    ["tenant_id", tenantId],
    ["tenant", name],
    ...(webUiUrl === undefined ? [] : [["web_ui", webUiUrl] as [string, string]]),
    ...own.flatMap(({ purpose, applicationId, clientId }): Array<[string, string]> => [
      [own.length === 1 ? "application_id" : `application_id (${purpose})`, applicationId],
      [own.length === 1 ? "client_id" : `client_id (${purpose})`, clientId],
    ]),
  ];
}
