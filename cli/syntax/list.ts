import { type Command, Option } from "commander";

import { type MakeCommand, recordCommand } from "../command";
import type { ListOptions } from "../commands/list";

const help = `
It reads the stack's outputs and its state, and needs no credential. A customer whose tenant is no longer in the state is
shown as deleted. --csv prints a row for each application, with all recorded fields.`;

/** Declares `tenants list`: lists the customers of a stack. */
export const listCommand: MakeCommand = ({ exit, environment }): Command =>
  recordCommand("list", "List the customers of the stack.")
    .addOption(new Option("--csv", "print CSV, for a spreadsheet").conflicts("json"))
    .addHelpText("after", help)
    .action(async (options: ListOptions) => {
      const { list } = await import("../commands/list.js");
      exit(await list(options, environment));
    });
