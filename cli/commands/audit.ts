import { eventsOf } from "pulumi-resistant-tenants/internal/journal";
import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";
import { deliverLate } from "resistant-tenants-operations/audit/deliver";
import { type Filter, isAskedFor } from "resistant-tenants-operations/audit/filter";
import { operationsOf } from "resistant-tenants-operations/audit/operation";
import {
  findSource,
  nothingAt,
  type SourceOptions,
  takenAway,
} from "resistant-tenants-operations/audit/source";
import { verify } from "resistant-tenants-operations/audit/verify";
import { openStack } from "resistant-tenants-operations/stack/stack";
import { readState } from "resistant-tenants-operations/stack/state";
import { UsageError } from "resistant-tenants-operations/usage";

import { type CommandOptions, type ExitCode, exitCodes } from "../command";
import { count, showAsJson, showAsText } from "../print/audit";
import { json, line } from "../print/output";
import { verifiedAsJson, verifiedAsText } from "../print/verification";

/** The options of `tenants audit verify`. */
export interface VerifyOptions extends SourceOptions, CommandOptions {
  expect?: string[];
  file?: string;
}

/** The options of `tenants audit show`. */
export type ShowOptions = SourceOptions & CommandOptions & Filter;

/** Runs `tenants audit verify`. */
export async function verifySource(
  options: VerifyOptions,
  environment: EnvironmentVariables,
): Promise<ExitCode> {
  const source = await findSource(options, environment);
  const verification = await verify(source, { expected: options.expect ?? [], stateFile: options.file });
  const write = options.json === true ? verifiedAsJson : verifiedAsText;
  write(verification, source.journal.location);
  return verification.defects.length === 0 ? exitCodes.ok : exitCodes.found;
}

/** Runs `tenants audit deliver`. */
export async function deliverOfStack(
  options: CommandOptions,
  environment: EnvironmentVariables,
): Promise<ExitCode> {
  const stack = await openStack(options, environment);
  const { name, journal, auditLog } = stack;
  if (auditLog === undefined)
    throw new UsageError("The stack has no tenants:auditLogGroup: its events go only to the journal.");
  const delivered = await deliverLate(name, journal, auditLog, stack.typed(["audit", "verify"]));
  if (options.json === true) json({ journal: journal.location, logGroup: auditLog.location, delivered });
  else line(`Delivered ${count(delivered, "event")} of ${journal.location} to ${auditLog.location}.`);
  return exitCodes.ok;
}

/** Runs `tenants audit show`. */
export async function showSource(options: ShowOptions, environment: EnvironmentVariables): Promise<ExitCode> {
  const { journal, stack } = await findSource(options, environment);
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
