import * as pulumi from "@pulumi/pulumi";
import type { Journal } from "pulumi-resistant-tenants/internal/journal";
import { tenantApplicationType, tenantType } from "pulumi-resistant-tenants/internal/resource-types";
import { messageOf } from "pulumi-resistant-tenants/internal/vocabulary";

import type { NamedResource } from "../values/describe-resource";

const recordedTypes: Record<string, string> = {
  [tenantType]: "Tenant",
  [tenantApplicationType]: "TenantApplication",
};

/**
 * Finds in the journal why resources could not be created: the engine does not pass their errors to the
 * program. Failures in AWS, or before anything was sent, are not on record.
 *
 * @param since when the update started
 */
export async function failureReasons(
  journal: Journal,
  failed: readonly NamedResource[],
  since: Date,
): Promise<Map<NamedResource, string>> {
  try {
    const events = (await journal.read()).filter(({ at }) => Date.parse(at) >= since.getTime());
    const last = new Map<string, string>(
      events.flatMap((event) =>
        event.event === "result" && event.message !== undefined
          ? [[`${event.type} ${event.slot}`, event.message] as const]
          : [],
      ),
    );
    return new Map(
      failed.flatMap((resource) => {
        const message = last.get(`${recordedTypes[resource.type] ?? ""} ${resource.name}`);
        return message === undefined ? [] : [[resource, message] as const];
      }),
    );
  } catch (error) {
    await pulumi.log.warn(`The reasons could not be read from the journal: ${messageOf(error)}`);
    return new Map();
  }
}
