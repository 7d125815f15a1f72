import { tenantApplicationType } from "pulumi-resistant-tenants/internal/operator";
import { groupBy, oncePer } from "pulumi-resistant-tenants/internal/vocabulary";

import type { HeldState } from "../stack/state";

/** What a state contains, by what it is searched for. */
export const heldIndex = oncePer(({ tenants, applications, pending }: HeldState) => ({
  tenantIds: new Set(tenants.map(({ tenantId }) => tenantId)),
  applicationIds: new Set(applications.map(({ applicationId }) => applicationId)),
  bySlot: groupBy(applications, ({ slot }) => slot),
  byApplication: groupBy(applications, ({ applicationId }) => applicationId),
  /** The slots with a pending create of an application. */
  creating: new Set(
    pending
      .filter(({ type, operation }) => type === tenantApplicationType && operation === "creating")
      .map(({ slot }) => slot),
  ),
}));
