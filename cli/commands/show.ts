import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";
import { readAllRecords, type RecordOptions } from "resistant-tenants-operations/fleet/records";
import { type ListedCustomer, recordOf } from "resistant-tenants-operations/stack/records";

import { type CommandOptions, type ExitCode, exitCodes } from "../command";
import { fields, json, line, table } from "../print/output";

/** Runs `tenants show`. */
export async function show(
  customer: string,
  options: CommandOptions & RecordOptions,
  environment: EnvironmentVariables,
): Promise<ExitCode> {
  const record = recordOf(await readAllRecords(options, environment), customer);
  if (options.json === true) json(record);
  else write(record);
  return exitCodes.ok;
}

function write({ applications, webUiUrls, ssoClaims, ...record }: ListedCustomer): void {
  fields([
    ["customer", record.name],
    ["customer id", record.customerId],
    ["status", record.status],
    ["owner", record.owner],
    ["stage", record.stage],
    ["tenant_id", record.tenantId],
    ["cells", record.cells.join(" ")],
    ["Web UI cells", record.uiCells.join(" ")],
    ...Object.entries(webUiUrls).map(([cell, url]) => [`Web UI ${cell}`, url] as const),
    ["read-only claim", ssoClaims.readOnly],
    ["read-write claim", ssoClaims.readWrite],
    ["created by", record.createdBy],
    ["created", record.createdAt],
  ]);
  if (applications.length > 0) {
    table(
      ["cell", "purpose", "application", "client", "method", "created", "rotated"],
      applications.map(({ cell, purpose, applicationId, clientId, authMethod, createdAt, rotatedAt }) => [
        cell,
        purpose,
        applicationId,
        clientId,
        authMethod,
        createdAt,
        rotatedAt,
      ]),
      ["rotated", "created", "method"],
    );
  }
  for (const { cell, purpose, keyId, tokenUrl, secretArn } of applications) {
    line();
    line(`${cell}/${purpose}`);
    fields([
      ["  secret", secretArn],
      ["  token URL", tokenUrl],
      ["  key id", keyId],
    ]);
  }
}
