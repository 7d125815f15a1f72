import type { EnvironmentVariables } from "pulumi-resistant-tenants/internal/settings";
import { type CustomerRecord, customerRecordSchema } from "pulumi-resistant-tenants/internal/stack-outputs";
import { z } from "zod";

import { UsageError } from "../usage";
import { projectFolderOf } from "./project-folder";
import { pulumiFor, type StackOptions } from "./pulumi";
import { readState } from "./state";

/** A customer as the stack's outputs record it. It is `deleted` if the state no longer contains its tenant. */
export interface ListedCustomer extends Omit<CustomerRecord, "status"> {
  status: CustomerRecord["status"] | "deleted";
}

/** A stack's records of its customers, by name. */
export interface Records {
  customers: Readonly<Record<string, ListedCustomer>>;
  /** The customers whose record cannot be read, each with the problem and what to do. */
  unreadable: ReadonlyMap<string, string>;
}

const outputsSchema = z.object({ customers: z.record(z.string(), z.unknown()) });

/**
 * Reads the system of record: the stack's outputs. It needs no credential of the organization or of AWS. The
 * outputs are those of the last completed update; later deletions are taken from the state.
 *
 * @throws if the stack was never brought up, or its outputs have another form
 */
export async function readRecords(
  options: StackOptions,
  environment: EnvironmentVariables,
): Promise<Records> {
  const pulumi = pulumiFor(options.stack, projectFolderOf(options), environment);
  const [outputs, { tenants }] = await Promise.all([
    pulumi.run(["stack", "output", "--json"]).then((text) => z.looseObject({}).parse(JSON.parse(text))),
    readState(pulumi, undefined),
  ]);
  if (!("customers" in outputs)) {
    throw new Error(
      `The stack has no record of customers: it was never updated, or it was destroyed. Run \`${pulumi.typed(["up"])}\`, which writes one.`,
    );
  }
  const parsed = outputsSchema.safeParse(outputs);
  if (!parsed.success) {
    throw new Error(
      `The stack's outputs contain no record of customers that this version can read:\n${describeIssues(parsed.error)}\n` +
        `Run \`${pulumi.typed(["up"])}\`, which writes them.`,
    );
  }
  const { customers, unreadable } = toRecords(parsed.data.customers, pulumi.typed(["up"]));
  const held = new Set(tenants.map(({ tenantId }) => tenantId));
  return {
    customers: Object.fromEntries(
      Object.entries(customers).map(([name, record]) => [name, withDeletion(record, held)]),
    ),
    unreadable,
  };
}

/** The tenant of a customer that was handed over belongs to another owner: the state no longer contains it. */
export function withDeletion(record: ListedCustomer, held: ReadonlySet<string>): ListedCustomer {
  const isDeleted = record.status !== "released" && !held.has(record.tenantId);
  return isDeleted ? { ...record, status: "deleted" } : record;
}

/**
 * Parses the customers' records one by one.
 *
 * @param up the command that writes them
 */
export function toRecords(outputs: Readonly<Record<string, unknown>>, up: string): Records {
  const customers: Record<string, ListedCustomer> = {};
  const unreadable = new Map<string, string>();
  for (const [name, output] of Object.entries(outputs)) {
    const parsed = customerRecordSchema.safeParse(output);
    if (parsed.success) customers[name] = parsed.data;
    else
      unreadable.set(
        name,
        `The record of customer "${name}" is not complete:\n${describeIssues(parsed.error)}\n` +
          `Run \`${up}\` without --target and --exclude, which writes it.`,
      );
  }
  return { customers, unreadable };
}

function describeIssues(error: z.ZodError): string {
  return error.issues.map((issue) => `  - ${issue.path.join(".")}: ${issue.message}`).join("\n");
}

/**
 * Finds the record of one customer.
 *
 * @throws {@link UsageError} that lists the known customers; an error if its record cannot be read
 */
export function recordOf({ customers, unreadable }: Records, customer: string): ListedCustomer {
  const record = Object.hasOwn(customers, customer) ? customers[customer] : undefined;
  if (record !== undefined) return record;
  const problem = unreadable.get(customer);
  if (problem !== undefined) throw new Error(problem);
  const names = [...Object.keys(customers), ...unreadable.keys()].sort();
  throw new UsageError(
    `The stack has no customer "${customer}". ${names.length === 0 ? "It has none." : `It has ${names.join(", ")}.`}`,
  );
}
