import { type Command, Option } from "commander";
import type { CustomerRecord } from "pulumi-resistant-tenants/internal/stack-outputs";

import { type MakeCommand, stackCommand, type StackOptions } from "../command";
import { csv } from "../csv";
import { exitCodes } from "../exit-codes";
import { json, line, table } from "../output";
import { readRecords } from "../records";

interface Options extends StackOptions {
  csv?: true;
}

const help = `
It reads the stack's outputs, and needs no credential. --csv has a row for each application, with all that is recorded.`;

/** Makes `tenants list`: the customers of a stack. */
export const listCommand: MakeCommand = (exit): Command =>
  stackCommand("list", "List the customers of the stack.")
    .addOption(new Option("--csv", "print CSV, for a spreadsheet").conflicts("json"))
    .addHelpText("after", help)
    .action(async (options: Options) => {
      const { customers, unreadable } = await readRecords(options);
      const records = Object.values(customers);
      records.sort((a, b) => (a.name < b.name ? -1 : 1));
      write(records, options);
      for (const problem of unreadable.values()) process.stderr.write(`tenants: ${problem}\n`);
      exit(exitCodes.ok);
    });

function write(records: readonly CustomerRecord[], options: Options): void {
  if (options.json === true) json(records);
  else if (options.csv === true) csv(columns, records.flatMap(toRows));
  else if (records.length === 0) line("The stack has no customers.");
  else {
    table(
      ["customer", "customer id", "stage", "cells", "tenant_id", "status", "owner", "created", "by"],
      records.map(({ name, customerId, stage, cells, tenantId, status, owner, createdAt, createdBy }) => [
        name,
        customerId,
        stage,
        cells.join(" "),
        tenantId,
        status,
        owner,
        createdAt.slice(0, 10),
        createdBy,
      ]),
    );
  }
}

const columns = [
  "name",
  "customerId",
  "status",
  "owner",
  "stage",
  "tenantId",
  "cells",
  "uiCells",
  "webUiUrls",
  "readOnlyClaim",
  "readWriteClaim",
  "createdBy",
  "createdAt",
  "cell",
  "purpose",
  "applicationId",
  "clientId",
  "authMethod",
  "keyId",
  "tokenUrl",
  "secretArn",
  "applicationCreatedAt",
  "applicationRotatedAt",
] as const;

/** One row for each application; a customer without any has one row, too. */
function toRows(record: CustomerRecord): Array<Partial<Record<(typeof columns)[number], string>>> {
  const { cells, uiCells, webUiUrls, ssoClaims, applications, owner, ...rest } = record;
  const customer = {
    ...rest,
    ...(owner === undefined ? {} : { owner }),
    cells: cells.join(" "),
    uiCells: uiCells.join(" "),
    webUiUrls: Object.values(webUiUrls).join(" "),
    readOnlyClaim: ssoClaims.readOnly,
    readWriteClaim: ssoClaims.readWrite,
  };
  if (applications.length === 0) return [customer];
  return applications.map(({ createdAt, rotatedAt, keyId, ...application }) => ({
    ...customer,
    ...application,
    ...(keyId === undefined ? {} : { keyId }),
    applicationCreatedAt: createdAt,
    ...(rotatedAt === undefined ? {} : { applicationRotatedAt: rotatedAt }),
  }));
}
