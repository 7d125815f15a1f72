import * as pulumi from "@pulumi/pulumi";
import { openJournalOf } from "pulumi-resistant-tenants/internal/journal";
import { stackName } from "pulumi-resistant-tenants/internal/own-stack";
import { tenantApplicationType, tenantType } from "pulumi-resistant-tenants/internal/resource-types";
import type { ProviderSettings } from "pulumi-resistant-tenants/internal/settings";
import { messageOf } from "pulumi-resistant-tenants/internal/vocabulary";

import type { NamedResource } from "./describe-resource";

const recordedTypes: Record<string, string> = {
  [tenantType]: "Tenant",
  [tenantApplicationType]: "TenantApplication",
};

/**
 * Finds in the journal why resources could not be created: the engine does not pass their errors to the program. What
 * failed in AWS, or before anything was sent, is not on record.
 *
 * @param since when the update began
 */
export async function failureReasons(
  { journal: location }: ProviderSettings,
  failed: readonly NamedResource[],
  since: Date,
): Promise<Map<NamedResource, string>> {
  try {
    const journal = openJournalOf({ stack: stackName(), location, directory: process.cwd() });
    const events = (await journal.read()).filter(({ at }) => Date.parse(at) >= since.getTime());
    return new Map(
      failed.flatMap((resource) => {
        const { type, name } = resource;
        const result = events.findLast(
          (event) =>
            event.event === "result" &&
            event.message !== undefined &&
            event.type === recordedTypes[type] &&
            event.slot === name,
        );
        return result?.event === "result" && result.message !== undefined
          ? [[resource, result.message] as const]
          : [];
      }),
    );
  } catch (error) {
    await pulumi.log.warn(`The reasons could not be read from the journal: ${messageOf(error)}`);
    return new Map();
  }
}
