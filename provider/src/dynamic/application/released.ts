import { z } from "zod";

import { tenantApplicationType, tenantType, typeOfUrn } from "../../names/resource-types";
import { slotSchema } from "../../names/slot";
import { assertSameEnvironment } from "../../settings/environment";
import { type CheckFailure, checkInputs, type Properties, withoutProvider } from "../engine/inputs";
import { reporting } from "../engine/report";
import type { RecordedObject } from "../run/deletion";
import type { Run } from "../run/run";
import type { ConfigureRequest } from "../run/session";
import { refusal } from "../tenant/tenant-model";
import { unknownSlot } from "./tenant-application-model";

const inputsSchema = z.strictObject({ formerUrn: z.string() });

const outputsSchema = z.object({ formerUrn: z.string(), releasedAt: z.string(), releasedBy: z.string() });

/** What the record tells of what is handed over; a partly made one has it too. */
const tenantSchema = z.looseObject({ tenantId: z.string(), slot: slotSchema.optional() });
const applicationSchema = tenantSchema.extend({
  applicationId: z.string(),
  clientId: z.string().optional(),
});

/**
 * The `Released` resource's operations. They ask nothing of the vendor: what it stands for is no longer this stack's,
 * and of what the state knew of it they keep the id, and of an application the scopes and the public key, alone. That a tenant or an application was handed over is recorded.
 */
class ReleasedOperations {
  constructor(private readonly run: Run) {}

  configure(request: ConfigureRequest): void {
    this.run.configure(request);
  }

  check(_olds: Properties, news: Properties): { inputs: Properties; failures: CheckFailure[] } {
    return { inputs: news, failures: checkInputs(inputsSchema, news) };
  }

  /** The old properties are those of the resource that is handed over, until the update has put these in their place. */
  diff(_id: string, olds: Properties): { changes: boolean; replaces: string[] } {
    return { changes: !outputsSchema.safeParse(olds).success, replaces: [] };
  }

  async update(id: string, olds: Properties, news: Properties): Promise<{ outs: Properties }> {
    const { formerUrn } = inputsSchema.parse(withoutProvider(news));
    // Of whatever it is: a customer is not to be half released.
    this.run.record.assertChangeHasReason();
    await recordRelease(this.run, id, formerUrn, olds);
    const kept = { formerUrn, releasedAt: new Date().toISOString(), releasedBy: this.run.actor };
    return { outs: { ...kept, ...partsOfApplication(formerUrn, olds) } };
  }

  /** Is never right: the engine would next delete what it replaces. It deletes nothing once a create has failed. */
  create(inputs: Properties): never {
    throw refusal(
      `${String(inputs["formerUrn"])} is not in the state any more, or this version of Pulumi would delete it instead of forgetting it: ` +
        "nothing was changed. Run `pulumi up` once more; if it says this again, put the customer's status back and report it.",
    );
  }

  read(id: string, properties: Properties): { id: string; props: Properties } {
    return { id, props: properties };
  }

  delete(): void {
    // Nothing is at the end of it.
  }
}

/** Makes the `Released` resource's operations in a run. */
export function releasedHandler(run: Run) {
  return reporting(run, new ReleasedOperations(run));
}

/** What an entry says of an application that takes it back, beside what the stack's outputs record. No credential. */
const partsSchema = z.object({
  applicationId: z.string(),
  scopes: z.array(z.string()).optional(),
  publicKey: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
});

function partsOfApplication(formerUrn: string, olds: Properties): Properties {
  if (typeOfUrn(formerUrn) !== tenantApplicationType) return {};
  return partsSchema.safeParse(olds).data ?? {};
}

/** Records that a tenant or an application is handed over. Of the other resources nothing is on record. */
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
