import { isDeepStrictEqual } from "node:util";

import type { CustomerRecord, StackOutputs } from "pulumi-resistant-tenants";
import type { HeldResource } from "pulumi-resistant-tenants/internal/own-stack";
import { unknownValue } from "pulumi-resistant-tenants/internal/unknown";

import { type PendingFields, type Provided, toCustomerRecord } from "./outputs";
import { settle } from "./settle";

/** The outputs of a preview: each as the last update left it, or unknown as a whole. */
export type PreviewedOutputs = Record<keyof StackOutputs, unknown>;

/**
 * Builds the outputs of a preview. One that is to change is unknown as a whole: of a known one the engine prints every
 * record that stays the same beside the one that changes, and of an unknown one nothing. What changes, the resources'
 * rows and the program's own lines say. A plan that is saved leaves such an output free.
 *
 * @param released the records of the customers that were handed over: they stay as they were
 * @param held what the stack held when its last update ended
 */
export async function previewedOutputs(
  provided: readonly Provided[],
  released: readonly CustomerRecord[],
  held: readonly HeldResource[],
): Promise<PreviewedOutputs> {
  const all = [
    ...provided.map(({ args, customer }) => toCustomerRecord(args, customer)),
    ...released.map((record): PendingFields<CustomerRecord> => record),
  ];
  const byName = <T>(value: (record: PendingFields<CustomerRecord>) => T): Record<string, T> =>
    Object.fromEntries(all.map((record) => [record.name as string, value(record)]));
  const last = held.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
  const previewed = async (
    output: keyof StackOutputs,
    pending: Record<string, unknown>,
  ): Promise<unknown> => {
    const settled = await settle<Record<string, unknown>>(pending);
    // The error of the resource that failed is what the preview ends with.
    if (settled.kind === "failed") return pending;
    const isSame = settled.kind === "known" && isDeepStrictEqual(settled.value, last[output]);
    return isSame ? settled.value : unknownValue;
  };
  const [tenantIds, webUiUrls, customers] = await Promise.all([
    previewed(
      "tenantIds",
      byName(({ tenantId }) => tenantId),
    ),
    previewed(
      "webUiUrls",
      byName(({ webUiUrls }) => webUiUrls),
    ),
    previewed(
      "customers",
      byName((record) => record),
    ),
  ]);
  return { tenantIds, webUiUrls, customers };
}
