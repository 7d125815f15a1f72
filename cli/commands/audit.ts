import { Command } from "commander";
import { eventsOf } from "pulumi-resistant-tenants/internal/journal";

import { type Filter, isAskedFor, parseSince, parseUntil } from "../audit/filter";
import { operationsOf } from "../audit/operation";
import { showAsJson, showAsText } from "../audit/show";
import { findSource, nothingAt, type SourceOptions, takenAway } from "../audit/source";
import { verifiedAsJson, verifiedAsText } from "../audit/verified";
import { verify } from "../audit/verify";
import { type MakeCommand, stackCommand } from "../command";
import { type ExitCode, exitCodes } from "../exit-codes";
import { readState } from "../state";

interface VerifyOptions extends SourceOptions {
  expect?: string[];
  file?: string;
}

type ShowOptions = SourceOptions & Filter;

/** Makes `tenants audit`: reads the journal as an audit log. */
export const auditCommand: MakeCommand = (exit): Command => {
  const verifyCommand = sourceCommand(
    "verify",
    "Look for every gap and change in the journal, against the state and its copy in CloudWatch Logs.",
  )
    .option(
      "--expect <hash...>",
      "a hash that was noted before, or that CloudWatch has: it must be in the journal",
    )
    .option("--file <path>", "a state that `pulumi stack export` wrote, to compare the journal with")
    .action(async (options: VerifyOptions) => {
      exit(await verifySource(options));
    });
  const show = sourceCommand("show", "Print who did what, when and why.")
    .option("--customer <name>", "what concerns this customer")
    .option("--actor <name>", "what this actor did: github:octocat, or octocat; deploy@build-7, or deploy")
    .option("--since <time>", "from this day or time on: 2026-11-01, 2026-11-01T08:30:00Z", parseSince)
    .option("--until <time>", "up to this day, the whole of it, or this time", parseUntil)
    .action(async (options: ShowOptions) => {
      exit(await showSource(options));
    });
  const audit = new Command("audit").description(
    "Read the journal as an audit log: who did what, when and why.",
  );
  for (const command of [verifyCommand, show]) audit.addCommand(command.exitOverride());
  return audit;
};

function sourceCommand(name: string, description: string): Command {
  return stackCommand(name, description).option(
    "--journal <place>",
    "the journal at this place, a file or s3://<bucket>/<prefix of a stack>, instead of the stack's own",
  );
}

async function verifySource(options: VerifyOptions): Promise<ExitCode> {
  const source = await findSource(options);
  const verification = await verify(source, { expected: options.expect ?? [], stateFile: options.file });
  const write = options.json === true ? verifiedAsJson : verifiedAsText;
  write(verification, source.journal.location);
  return verification.defects.length === 0 ? exitCodes.ok : exitCodes.found;
}

async function showSource(options: ShowOptions): Promise<ExitCode> {
  const { journal, stack } = await findSource(options);
  const entries = await journal.entries();
  if (entries.length === 0) {
    if (stack === undefined) throw nothingAt(journal);
    const { tenants } = await readState(stack.pulumi, undefined);
    if (tenants.length > 0) throw new Error(`${journal.location}: ${takenAway}.`);
  }
  const operations = operationsOf(eventsOf(entries)).filter((operation) => isAskedFor(options, operation));
  const write = options.json === true ? showAsJson : showAsText;
  write(operations, journal.location);
  return exitCodes.ok;
}
