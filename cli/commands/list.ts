import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";
import { readAllRecords } from "resistant-tenants-operations/fleet/records";
import type { ListedCustomer } from "resistant-tenants-operations/stack/records";

import { type CommandOptions, type ExitCode, exitCodes } from "../command";
import { csv, json, line, table } from "../print/output";

/** The options of `tenants list`. */
export interface ListOptions extends CommandOptions {
  csv?: true;
  /** The stage whose fleet is read as one. */
  stage?: string;
}

/** Runs `tenants list`. */
export async function list(options: ListOptions, environment: EnvironmentVariables): Promise<ExitCode> {
  const { customers, unreadable } = await readAllRecords(options, environment);
  const records = Object.values(customers);
  records.sort((a, b) => (a.name < b.name ? -1 : 1));
  await write(records, options);
  for (const problem of unreadable.values()) process.stderr.write(`tenants: ${problem}\n`);
  return exitCodes.ok;
}

async function write(records: readonly ListedCustomer[], options: ListOptions): Promise<void> {
  if (options.json === true) json(records);
  else if (options.csv === true) await csv(columns, records.flatMap(toRows));
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
        status === "deleted" ? { alarm: status } : status,
        owner,
        createdAt.slice(0, 10),
        createdBy,
      ]),
      ["by", "created", "owner", "stage", "customer id", "cells"],
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
function toRows(record: ListedCustomer): Array<Partial<Record<(typeof columns)[number], string>>> {
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
