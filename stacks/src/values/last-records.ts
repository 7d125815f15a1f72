import type { HeldResource } from "pulumi-resistant-tenants/internal/own-stack";
import { type CustomerRecord, customerRecordSchema } from "pulumi-resistant-tenants/internal/stack-outputs";
import { z } from "zod";

/** The records of a stack's customers after its last update, by the customer's name. */
export type LastRecords = ReadonlyMap<string, CustomerRecord>;

/**
 * Finds them among the resources of the stack at the end of its last update. An incomplete record, as version
 * 0.1.0 left it after an update with `--target`, is omitted.
 */
export function lastRecordsIn(resources: readonly HeldResource[]): LastRecords {
  const stack = resources.find(({ type }) => type === "pulumi:pulumi:Stack");
  const customers = z.record(z.string(), z.unknown()).safeParse(stack?.outputs["customers"]).data ?? {};
  return new Map(
    Object.entries(customers).flatMap(([name, value]) => {
      const record = customerRecordSchema.safeParse(value).data;
      return record === undefined ? [] : [[name, record] as const];
    }),
  );
}
