import { Command } from "commander";
import { type Defect, eventsOf, formerHeads, verifyJournal } from "pulumi-resistant-tenants/journal";

import { type Filter, isAskedFor, parseSince, parseUntil } from "../audit/filter";
import { operationsOf } from "../audit/operation";
import { showAsJson, showAsText } from "../audit/show";
import { readSource, type SourceOptions } from "../audit/source";
import { verifiedAsJson, verifiedAsText } from "../audit/verified";
import { type MakeCommand, stackCommand } from "../command";
import { type ExitCode, exitCodes } from "../exit-codes";

interface VerifyOptions extends SourceOptions {
  expect?: string[];
}

type ShowOptions = SourceOptions & Filter;

/** Makes `tenants audit`: reads the journal as an audit log. */
export const auditCommand: MakeCommand = (exit): Command => {
  const verify = sourceCommand("verify", "Look for every gap and change in the journal.")
    .option(
      "--expect <hash...>",
      "a hash that was noted before, or that CloudWatch has: it must be in the journal",
    )
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
  for (const command of [verify, show]) audit.addCommand(command.exitOverride());
  return audit;
};

function sourceCommand(name: string, description: string): Command {
  return stackCommand(name, description).option(
    "--journal <place>",
    "the journal at this place, a file or s3://<bucket>/<prefix of a stack>, instead of the stack's own",
  );
}

async function verifySource(options: VerifyOptions): Promise<ExitCode> {
  const { journal, entries, missing } = await readSource(options);
  const heads = options.journal === undefined ? formerHeads(entries) : [];
  const found = verifyJournal(entries, journal.location, [...(options.expect ?? []), ...heads]);
  const whole: Defect[] =
    missing === undefined ? [] : [{ kind: "missing", where: journal.location, problem: missing }];
  const verification = { ...found, defects: [...whole, ...found.defects] };
  const write = options.json === true ? verifiedAsJson : verifiedAsText;
  write(verification, journal.location);
  return verification.defects.length === 0 ? exitCodes.ok : exitCodes.found;
}

async function showSource(options: ShowOptions): Promise<ExitCode> {
  const { journal, entries, missing } = await readSource(options);
  if (missing !== undefined) throw new Error(`${journal.location}: ${missing}.`);
  const operations = operationsOf(eventsOf(entries)).filter((operation) => isAskedFor(options, operation));
  const write = options.json === true ? showAsJson : showAsText;
  write(operations, journal.location);
  return exitCodes.ok;
}
