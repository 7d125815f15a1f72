import type { Command } from "commander";
import type { CustomerRecord } from "pulumi-resistant-tenants/internal/stack-outputs";

import { type MakeCommand, stackCommand, type StackOptions } from "../command";
import { exitCodes } from "../exit-codes";
import { fields, json, line, table } from "../output";
import { readRecords, recordOf } from "../records";

const help = `
It reads the stack's outputs, and needs no credential. The credentials themselves lie in AWS Secrets Manager, under the
ARN of each application.`;

/** Makes `tenants show`: all that is recorded of one customer. */
export const showCommand: MakeCommand = (exit): Command =>
  stackCommand("show", "Show all that is recorded of one customer.")
    .argument("<customer>", "its name")
    .addHelpText("after", help)
    .action(async (customer: string, options: StackOptions) => {
      const record = recordOf(await readRecords(options), customer);
      if (options.json === true) json(record);
      else write(record);
      exit(exitCodes.ok);
    });

function write({ applications, webUiUrls, ssoClaims, ...record }: CustomerRecord): void {
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
