import path from "node:path";
import { type CustomerRecord, customerRecordSchema } from "pulumi-resistant-tenants/internal/stack-outputs";
import { z } from "zod";

import type { StackOptions } from "./command";
import { UsageError } from "./exit-codes";
import { pulumiFor } from "./pulumi";

/** What a stack records of its customers, by their names. */
export interface Records {
  customers: Readonly<Record<string, CustomerRecord>>;
  /** The customers whose record cannot be read, each with what is wrong and what to do. */
  unreadable: ReadonlyMap<string, string>;
}

const outputsSchema = z.object({ customers: z.record(z.string(), z.unknown()) });

/**
 * Reads the system of record: the stack's outputs. It needs no credential, neither the organization's nor AWS's.
 *
 * @throws where the stack was never brought up, or its outputs have another form
 */
export async function readRecords({ stack, cwd }: StackOptions): Promise<Records> {
  const pulumi = pulumiFor(stack, path.resolve(cwd ?? "."));
  const outputs: unknown = JSON.parse(await pulumi.run(["stack", "output", "--json"]));
  const parsed = outputsSchema.safeParse(outputs);
  if (parsed.success) return toRecords(parsed.data.customers, pulumi.typed(["up"]));
  throw new Error(
    `The stack's outputs hold no record of customers that this version can read:\n${describeIssues(parsed.error)}\n` +
      `Run \`${pulumi.typed(["up"])}\`, which writes them.`,
  );
}

/**
 * Reads the records of customers, each by itself.
 *
 * @param up the command that writes them
 */
export function toRecords(outputs: Readonly<Record<string, unknown>>, up: string): Records {
  const customers: Record<string, CustomerRecord> = {};
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
 * @throws {@link UsageError} that names those that are there; an error where its record cannot be read
 */
export function recordOf({ customers, unreadable }: Records, customer: string): CustomerRecord {
  const record = Object.hasOwn(customers, customer) ? customers[customer] : undefined;
  if (record !== undefined) return record;
  const problem = unreadable.get(customer);
  if (problem !== undefined) throw new Error(problem);
  const names = [...Object.keys(customers), ...unreadable.keys()].sort();
  throw new UsageError(
    `The stack has no customer "${customer}". ${names.length === 0 ? "It has none." : `It has ${names.join(", ")}.`}`,
  );
}
