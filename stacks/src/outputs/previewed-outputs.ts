import { isDeepStrictEqual } from "node:util";

import type { CustomerRecord, StackOutputs } from "pulumi-resistant-tenants";
import type { HeldResource } from "pulumi-resistant-tenants/internal/own-stack";
import { unknownValue } from "pulumi-resistant-tenants/internal/unknown";

import { settle } from "../values/settle";
import { type PendingFields, type Provided, toCustomerRecord } from "./outputs";

/** The outputs of a preview: each as the last update left it, or entirely unknown. */
export type PreviewedOutputs = Record<keyof StackOutputs, unknown>;

/**
 * Builds the outputs of a preview. One that will change is entirely unknown: for a known one the engine would
 * print every unchanged record beside the changed one, and for an unknown one it prints nothing. The
 * resources' rows and the program's own lines show the change. A saved plan leaves such an output free.
 *
 * @param released the records of the customers that were handed over, which stay as they were
 * @param held the resources of the stack at the end of its last update
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
    // The preview ends with the error of the failed resource.
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
