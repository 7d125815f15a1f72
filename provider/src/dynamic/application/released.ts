import { z } from "zod";

import { tenantApplicationType, tenantType, typeOfUrn } from "../../names/resource-types";
import { slotSchema } from "../../names/slot";
import { assertSameEnvironment } from "../../settings/same-environment";
import { type CheckFailure, checkInputs, type Properties, withoutProvider } from "../engine/inputs";
import { reporting } from "../engine/report";
import type { RecordedObject } from "../run/recorder";
import type { Run } from "../run/run";
import type { ConfigureRequest } from "../run/session";
import { refusal } from "../tenant/tenant-model";
import { unknownSlot } from "./tenant-application-model";

const inputsSchema = z.strictObject({ formerUrn: z.string() });

const outputsSchema = z.object({ formerUrn: z.string(), releasedAt: z.string(), releasedBy: z.string() });

/** The parts of a tenant's state that a release records; a partly created one has them, too. */
const tenantSchema = z.looseObject({ tenantId: z.string(), slot: slotSchema.optional() });
const applicationSchema = tenantSchema.extend({
  applicationId: z.string(),
  clientId: z.string().optional(),
});

/**
 * The `Released` resource's operations. They send nothing to the vendor: the object is no longer this
 * stack's. Of its former state they keep only the id and, for an application, the scopes and the public key.
 * The hand-over of a tenant or an application is recorded.
 */
class ReleasedOperations {
  constructor(private readonly run: Run) {}

  configure(request: ConfigureRequest): void {
    this.run.configure(request);
  }

  check(_olds: Properties, news: Properties): { inputs: Properties; failures: CheckFailure[] } {
    return { inputs: news, failures: checkInputs(inputsSchema, news) };
  }

  /** The old properties are those of the released resource, until the update has replaced them with these. */
  diff(_id: string, olds: Properties): { changes: boolean; replaces: string[] } {
    return { changes: !outputsSchema.safeParse(olds).success, replaces: [] };
  }

  async update(id: string, olds: Properties, news: Properties): Promise<{ outs: Properties }> {
    const { formerUrn } = inputsSchema.parse(withoutProvider(news));
    // For every type: a customer must not be half released.
    this.run.record.expectChange();
    await recordRelease(this.run, id, formerUrn, olds);
    const kept = { formerUrn, releasedAt: new Date().toISOString(), releasedBy: this.run.actor };
    return { outs: { ...kept, ...partsOfApplication(formerUrn, olds) } };
  }

  /** Always fails: the engine would next delete what it replaces. After a failed create, it deletes nothing. */
  create(inputs: Properties): never {
    throw refusal(
      `${String(inputs["formerUrn"])} is no longer in the state, or this version of Pulumi would delete it instead of releasing it: ` +
        "nothing was changed. Run `pulumi up` again; if this message returns, restore the customer's former status and report it.",
    );
  }

  read(id: string, properties: Properties): { id: string; props: Properties } {
    return { id, props: properties };
  }

  delete(): void {
    // There is nothing to delete.
  }
}

/** Creates the `Released` resource's operations in a run. */
export function releasedHandler(run: Run) {
  return reporting(run, new ReleasedOperations(run));
}

/** The fields of an entry that takes an application back, in addition to the stack's outputs. No credential. */
const partsSchema = z.object({
  applicationId: z.string(),
  scopes: z.array(z.string()).optional(),
  publicKey: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
});

function partsOfApplication(formerUrn: string, olds: Properties): Properties {
  if (typeOfUrn(formerUrn) !== tenantApplicationType) return {};
  return partsSchema.safeParse(olds).data ?? {};
}

/** Records the hand-over of a tenant or an application. Other resources have no record. */
async function recordRelease(run: Run, id: string, formerUrn: string, olds: Properties): Promise<void> {
  const released = toRecord(id, formerUrn, olds);
  if (released === undefined) return;
  assertSameEnvironment(formerUrn, olds, run.settings);
  const { clientId, ...object } = released;
  const recording = await run.record.start({ ...object, operation: "release" });
  await recording.end({ outcome: "released", ...(clientId === undefined ? {} : { clientId }) });
}

function toRecord(
  id: string,
  formerUrn: string,
  olds: Properties,
): (RecordedObject & { clientId?: string | undefined }) | undefined {
  switch (typeOfUrn(formerUrn)) {
    case tenantType: {
      const { tenantId, slot = unknownSlot(id) } = tenantSchema.parse(olds);
      return { type: "Tenant", slot, tenantId };
    }
    case tenantApplicationType: {
      const { tenantId, applicationId, clientId, slot = unknownSlot(id) } = applicationSchema.parse(olds);
      return { type: "TenantApplication", slot, tenantId, applicationId, clientId };
    }
    default:
      return undefined;
  }
}
