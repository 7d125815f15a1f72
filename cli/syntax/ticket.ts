import { Argument, type Command } from "commander";
import { type Cell, cells } from "pulumi-resistant-tenants/internal/cells";

import { type CommandOptions, type MakeCommand, recordCommand } from "../command";

const help = `
It prints plain lines to paste. The vendor needs stage, cell and tenant_id in every ticket; no credential belongs in one,
and none is printed. It reads the stack's outputs and its state, and needs no credential.`;

/** Declares `tenants ticket`: prints the lines for a support ticket at the vendor. */
export const ticketCommand: MakeCommand = ({ exit, environment }): Command =>
  recordCommand("ticket", "Print the lines that a support ticket at the vendor needs.")
    .argument("<customer>", "its name")
    .addArgument(
      new Argument("[cell]", "the cell that the ticket is about; default: the customer's only one").choices(
        cells,
      ),
    )
    .addHelpText("after", help)
    .action(async (customer: string, cell: Cell | undefined, options: CommandOptions) => {
      const { ticket } = await import("../commands/ticket.js");
      exit(await ticket(customer, cell, options, environment));
    });
