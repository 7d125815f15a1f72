import { Argument, type Command, Option } from "commander";
import { type Cell, cells } from "pulumi-resistant-tenants/internal/cells";

import { type CommandOptions, type MakeCommand, recordCommand } from "../command";
import type { ListOptions } from "../commands/list";

/** The commands that report on customers and their applications from the record. None calls the API. */

const listHelp = `
It reads the stack's outputs and its state, and needs no credential. A customer whose tenant is no longer in the state is
shown as deleted. --csv prints a row for each application, with all recorded fields.`;

/** Declares `tenants list`: lists the customers of a stack. */
export const listCommand: MakeCommand = ({ exit, environment }): Command =>
  recordCommand("list", "List the customers of the stack.")
    .addOption(new Option("--csv", "print CSV, for a spreadsheet").conflicts("json"))
    .addHelpText("after", listHelp)
    .action(async (options: ListOptions) => {
      const { list } = await import("../commands/list.js");
      exit(await list(options, environment));
    });

const showHelp = `
It reads the stack's outputs and its state, and needs no credential. The credentials themselves are in AWS Secrets
Manager, under the ARN of each application.`;

/** Declares `tenants show`: prints the full record of one customer. */
export const showCommand: MakeCommand = ({ exit, environment }): Command =>
  recordCommand("show", "Show the full record of one customer.")
    .argument("<customer>", "its name")
    .addHelpText("after", showHelp)
    .action(async (customer: string, options: CommandOptions) => {
      const { show } = await import("../commands/show.js");
      exit(await show(customer, options, environment));
    });

const ticketHelp = `
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
    .addHelpText("after", ticketHelp)
    .action(async (customer: string, cell: Cell | undefined, options: CommandOptions) => {
      const { ticket } = await import("../commands/ticket.js");
      exit(await ticket(customer, cell, options, environment));
    });

const credentialsHelp = `
It reads the configuration and the state, does not call the API, and needs no organization credentials. The next
\`pulumi up\` does what is overdue.`;

/** Declares `tenants credentials`: lists all applications with their age, generation and next rotation. */
export const credentialsCommand: MakeCommand = ({ exit, environment }): Command =>
  recordCommand(
    "credentials",
    "List all applications: age and generation of their credentials, and what is due.",
  )
    .addHelpText("after", credentialsHelp)
    .action(async (options: CommandOptions) => {
      const { credentials } = await import("../commands/credentials.js");
      exit(await credentials(options, environment));
    });
