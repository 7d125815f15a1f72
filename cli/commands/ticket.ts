import type { Cell } from "pulumi-resistant-tenants/internal/cells";
import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/own-process";
import { readAllRecords, type RecordOptions } from "resistant-tenants-operations/fleet/records";
import { type ListedCustomer, recordOf } from "resistant-tenants-operations/stack/records";
import { UsageError } from "resistant-tenants-operations/usage";

import { type CommandOptions, type ExitCode, exitCodes } from "../command";
import { json, line } from "../print/output";

/**
 * Runs `tenants ticket`.
 *
 * @param cell default: the customer's only cell
 */
export async function ticket(
  customer: string,
  cell: Cell | undefined,
  options: CommandOptions & RecordOptions,
  environment: EnvironmentVariables,
): Promise<ExitCode> {
  const record = recordOf(await readAllRecords(options, environment), customer);
  const lines = toTicket(record, cell ?? onlyCellOf(record));
  if (options.json === true) json(Object.fromEntries(lines));
  else for (const [name, value] of lines) line(`${name}: ${value}`);
  if (record.status === "deleted") {
    process.stderr.write(`tenants: The stack has deleted the tenant of customer "${customer}".\n`);
  }
  return exitCodes.ok;
}

/** @throws {@link UsageError} if the customer is in several cells, or in none */
function onlyCellOf(record: ListedCustomer): Cell {
  const known = cellsOf(record);
  const [only] = known;
  if (only !== undefined && known.length === 1) return only;
  throw new UsageError(
    known.length === 0
      ? `Customer "${record.name}" has nothing in any cell.`
      : `Customer "${record.name}" is in several cells: ${known.join(", ")}. Name the cell that the ticket is about.`,
  );
}

/** Lists the cells in which a customer has applications or the Web UI. */
function cellsOf({ cells, uiCells }: ListedCustomer): Cell[] {
  return [...new Set([...cells, ...uiCells])];
}

/** @throws {@link UsageError} if the customer is not in the cell */
function toTicket(record: ListedCustomer, cell: Cell): Array<[name: string, value: string]> {
  const { name, stage, tenantId, webUiUrls, applications } = record;
  const known = cellsOf(record);
  if (!known.includes(cell)) {
    throw new UsageError(`Customer "${name}" has nothing in cell ${cell}. It is in ${known.join(", ")}.`);
  }
  const webUiUrl = webUiUrls[cell];
  const own = applications.filter((application) => application.cell === cell);
  return [
    ["stage", stage],
    ["cell", cell],
    ["tenant_id", tenantId],
    ["tenant", name],
    ...(webUiUrl === undefined ? [] : [["web_ui", webUiUrl] as [string, string]]),
    ...own.flatMap(({ purpose, applicationId, clientId }): Array<[string, string]> => [
      [own.length === 1 ? "application_id" : `application_id (${purpose})`, applicationId],
      [own.length === 1 ? "client_id" : `client_id (${purpose})`, clientId],
    ]),
  ];
}
