import { Command } from "commander";
import { parseHash, parseSince, parseUntil } from "resistant-tenants-operations/audit/filter";

import { type CommandOptions, type MakeCommand, stackCommand } from "../command";
import type { ShowOptions, VerifyOptions } from "../commands/audit";

/** Declares `tenants audit`: reads the journal as an audit log. */
export const auditCommand: MakeCommand = ({ exit, environment }): Command => {
  const verify = sourceCommand(
    "verify",
    "Find gaps and changes in the journal, by the state and the copy in CloudWatch Logs.",
  )
    .option(
      "--expect <hash...>",
      "a hash that was noted earlier, or is in CloudWatch: the journal must contain it",
      (text, former: readonly string[] | undefined) => [...(former ?? []), parseHash(text)],
    )
    .option("--file <path>", "a state that `pulumi stack export` wrote, to compare the journal with")
    .action(async (options: VerifyOptions) => {
      const { verifySource } = await import("../commands/audit.js");
      exit(await verifySource(options, environment));
    });
  const show = sourceCommand("show", "Print who did what, when and why.")
    .option("--customer <name>", "events of this customer")
    .option("--actor <name>", "events of this actor: github:octocat, or octocat; deploy@build-7, or deploy")
    .option("--since <time>", "from this day or time: 2026-11-01, 2026-11-01T08:30:00Z", parseSince)
    .option("--until <time>", "until this day (inclusive) or this time", parseUntil)
    .action(async (options: ShowOptions) => {
      const { showSource } = await import("../commands/audit.js");
      exit(await showSource(options, environment));
    });
  const deliver = stackCommand(
    "deliver",
    "Deliver missing events of the journal to CloudWatch Logs (tenants:auditLogGroup).",
  ).action(async (options: CommandOptions) => {
    const { deliverOfStack } = await import("../commands/audit.js");
    exit(await deliverOfStack(options, environment));
  });
  const audit = new Command("audit").description(
    "Read the journal as an audit log: who did what, when and why.",
  );
  for (const command of [verify, show, deliver]) audit.addCommand(command.exitOverride());
  return audit;
};

function sourceCommand(name: string, description: string): Command {
  return stackCommand(name, description).option(
    "--journal <place>",
    "the journal at this location, a file or s3://<bucket>/<prefix of a stack>, instead of the stack's own",
  );
}
