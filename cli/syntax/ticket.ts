import { Argument, type Command } from "commander";
import { type Cell, cells } from "pulumi-resistant-tenants/internal/cells";

import { type CommandOptions, type MakeCommand, stackCommand } from "../command";

const help = `
It prints plain lines to be pasted. The vendor asks for stage, cell and tenant_id in every ticket; no credential belongs
in one, and none is printed. It reads the stack's outputs and its state, and needs no credential.`;

/** Declares `tenants ticket`: the lines that a support ticket at the vendor needs. */
export const ticketCommand: MakeCommand = (exit): Command =>
  stackCommand("ticket", "Print the lines that a support ticket at the vendor needs.")
    .argument("<customer>", "its name")
    .addArgument(
      new Argument("[cell]", "the cell that the ticket is about; default: the customer's only one").choices(
        cells,
      ),
    )
    .addHelpText("after", help)
    .action(async (customer: string, cell: Cell | undefined, options: CommandOptions) => {
      const { ticket } = await import("../commands/ticket.js");
      exit(await ticket(customer, cell, options));
    });
