import path from "node:path";
import { type CustomerRecord, customerRecordSchema } from "pulumi-resistant-tenants/stack-outputs";
import { z } from "zod";

import type { StackOptions } from "./command";
import { UsageError } from "./exit-codes";
import { pulumiFor } from "./pulumi";

/** The stack's record of each customer, by its name. */
export type Records = Readonly<Record<string, CustomerRecord>>;

const outputsSchema = z.object({ customers: z.record(z.string(), customerRecordSchema) });

/**
 * Reads the system of record: the stack's outputs. It needs no credential, neither the organization's nor AWS's.
 *
 * @throws where the stack was never brought up, or its outputs have another form
 */
export async function readRecords({ stack, cwd }: StackOptions): Promise<Records> {
  const pulumi = pulumiFor(stack, path.resolve(cwd ?? "."));
  const outputs: unknown = JSON.parse(await pulumi.run(["stack", "output", "--json"]));
  const parsed = outputsSchema.safeParse(outputs);
  if (parsed.success) return parsed.data.customers;
  const problems = parsed.error.issues.map((issue) => `  - ${issue.path.join(".")}: ${issue.message}`);
  throw new Error(
    `The stack's outputs hold no record of customers that this version can read:\n${problems.join("\n")}\n` +
      `Run \`${pulumi.typed(["up"])}\`, which writes them.`,
  );
}

/**
 * Finds the record of one customer.
 *
 * @throws {@link UsageError} that names those that are there
 */
export function recordOf(records: Records, customer: string): CustomerRecord {
  const record = Object.hasOwn(records, customer) ? records[customer] : undefined;
  if (record !== undefined) return record;
  const names = Object.keys(records).sort();
  throw new UsageError(
    `The stack has no customer "${customer}". ${names.length === 0 ? "It has none." : `It has ${names.join(", ")}.`}`,
  );
}
