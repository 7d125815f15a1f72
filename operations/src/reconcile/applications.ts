import type { ApiApplication } from "pulumi-resistant-tenants/client";
import {
  historyOf,
  type IntentEvent,
  isLastCreate,
  mayBeDeleted,
  slotOf,
} from "pulumi-resistant-tenants/internal/journal";
import { tenantApplicationType } from "pulumi-resistant-tenants/internal/operator";
import { defaultAuthMethod, groupBy, hasSecret, oncePer } from "pulumi-resistant-tenants/internal/vocabulary";

import type { HeldApplication, HeldState } from "../stack/state";
import type { Comparison } from "./comparison";
import {
  type Candidate,
  createdForStack,
  createStarted,
  deletionUnanswered,
  type Finding,
  recordedOnly,
} from "./finding";
import { heldIndex } from "./held-index";
import { applicationParameters, matchOpenCreates, type OpenCreate } from "./open-creates";
import { handedOver, type RecordedObject, recordOf, type TypeRecord } from "./record";

/** An existing application, and its tenant. */
type Existing = ApiApplication & { tenantId: string };

/** Finds problems with applications. */
export function compareApplications(comparison: Comparison): Finding[] {
  const { state, events, applications, elsewhere } = comparison;
  const record = recordOf(events, "TenantApplication", comparison);
  const { applicationIds: held, tenantIds: heldTenants } = heldIndex(state);
  const released = handedOver("TenantApplication", comparison);
  const all = [...applications].flatMap(([tenantId, list]) =>
    list.map((application) => ({ ...application, tenantId })),
  );
  const isOthers = ({ applicationId }: Existing): boolean =>
    !held.has(applicationId) && elsewhere.holders.has(applicationId);
  // A customer that is taken back is taken back completely.
  const existing = all.filter(
    (application) =>
      held.has(application.applicationId) ||
      ((!released.has(application.applicationId) || heldTenants.has(application.tenantId)) &&
        !isOthers(application)),
  );
  const notHeld = existing.filter(({ applicationId }) => !held.has(applicationId));
  const recorded = record.allIds();
  const unclaimed = notHeld.filter(({ applicationId }) => !recorded.has(applicationId));
  // An adoption sends no request, so an interrupted one leaves nothing behind. In a tenant that was handed
  // over, what looks like this stack's belongs to the next owner.
  const releasedTenants = handedOver("Tenant", comparison);
  const creates = record.open.filter(
    ({ parameters, tenantId = "" }) => parameters["adopt"] === undefined && !releasedTenants.has(tenantId),
  );
  const open = matchOpenCreates(
    creates,
    groupBy(unclaimed, ({ tenantId }) => tenantId),
  );
  const explained = new Set(
    open.flatMap(({ candidates }) => candidates.map(({ applicationId }) => applicationId)),
  );
  const orphans = notHeld.flatMap((application) => {
    const made = record.made.get(application.applicationId);
    return made === undefined ? [] : [{ application, made }];
  });
  const ofSlot = bySlot(existing, record, state);
  const existingIds = new Set(existing.map(({ applicationId }) => applicationId));
  return [
    ...orphans.flatMap((orphan) =>
      released.has(orphan.application.applicationId)
        ? [leftOut(orphan, comparison)]
        : onRecord(orphan, ofSlot.get(orphan.made.result.slot) ?? [], comparison),
    ),
    ...open.flatMap((create) => settleOpen(create, record, comparison)),
    ...notHeld
      .filter(({ applicationId }) => !record.made.has(applicationId) && !explained.has(applicationId))
      .flatMap((application) => unmanaged(application, record, comparison)),
    ...all
      .filter(({ applicationId }) => !record.made.has(applicationId))
      .filter(isOthers)
      .flatMap((application) => othersIn(application, comparison)),
    ...state.applications.flatMap((application) =>
      existingIds.has(application.applicationId)
        ? partlyMade(application, comparison)
        : lost(application, comparison),
    ),
  ];
}

/** Groups applications by the slots that each has, according to the record or the state. */
function bySlot(
  existing: readonly Existing[],
  { made }: TypeRecord,
  state: HeldState,
): Map<string, Existing[]> {
  const { byApplication } = heldIndex(state);
  const places = existing.flatMap((application) => {
    const { applicationId } = application;
    const held = (byApplication.get(applicationId) ?? []).map(({ slot }) => slot);
    const slots = new Set([made.get(applicationId)?.result.slot, ...held]);
    return [...slots].map((slot) => ({ slot, application }));
  });
  const groups = groupBy(places, ({ slot }) => slot);
  return new Map([...groups].map(([slot, list]) => [slot, list.map(({ application }) => application)]));
}

/** An application that was handed over with its tenant, and not taken back with it. */
function leftOut(
  { application, made }: { application: Existing; made: RecordedObject },
  { typed }: Comparison,
): Finding {
  return {
    ...describe(application),
    slot: made.result.slot,
    kind: "orphanedApplication",
    severity: "todo",
    why: "This stack handed it over with its tenant, and has taken back only the tenant. It may be in use.",
    next: [
      adoptAgain(application, typed),
      `if it is unused: ${deleteAtVendor(application.tenantId, application.applicationId)}`,
    ],
  };
}

/**
 * An application that this stack has on record as created, and whose response arrived, perhaps just before
 * the process was killed.
 *
 * @param sameSlot the existing applications of its slot
 */
function onRecord(
  { application, made }: { application: Existing; made: RecordedObject },
  sameSlot: readonly Existing[],
  comparison: Comparison,
): Finding[] {
  const { state, events, typed } = comparison;
  const { slot, outcome } = made.result;
  const { authMethod } = applicationParameters.parse(made.intent?.parameters ?? {});
  const history = historyOf(events, { ...comparison, type: "TenantApplication", slot });
  const isLast = history.kind === "made" && history.objectId === application.applicationId;
  // The engine saw no end of this create: its result never reached the state, nor any resource after it.
  const isPending = heldIndex(state).creating.has(slot);
  const common = { ...describe(application), ...(authMethod === undefined ? {} : { authMethod }), slot };
  const said = recordedOnly(made.result);
  if (outcome === "adopted") {
    return [
      {
        ...common,
        kind: "orphanedApplication",
        severity: "todo",
        why: `${said}. It was created elsewhere: it may be in use.`,
        next: [
          adoptAgain(application, typed),
          `if it is unused: ${deleteAtVendor(application.tenantId, application.applicationId)}`,
        ],
      },
    ];
  }
  if (isLast && isPending && authMethod !== undefined)
    return [crashed(common, `${said}: the update was killed before it saved it.`, comparison, "answered")];
  if (sameSlot.length > 1) return doubledOnce(application, sameSlot, slot, comparison);
  return [
    {
      ...common,
      kind: "orphanedApplication",
      severity: "todo",
      why: `${said}: it was removed, or an older state was restored. It may be in use; its credentials are in its secret in Secrets Manager.`,
      next: [
        adoptAgain(application, typed),
        `if it is unused: ${deleteAtVendor(application.tenantId, application.applicationId)}`,
      ],
    },
  ];
}

/** An application created just before its update was killed: a client secret is lost; a key pair is in the state. */
function crashed(
  common: ReturnType<typeof describe> & { slot: string; authMethod?: string },
  why: string,
  { typed, fixCommand, state }: Comparison,
  answer: "answered" | "lost" = "lost",
  rival?: string,
): Finding {
  const { tenantId, applicationId, slot } = common;
  const fix = { action: "deleteApplication", tenantId, applicationId, slot } as const;
  if (!hasSecret(common.authMethod ?? "")) {
    const orphaned = { ...common, kind: "orphanedApplication", severity: "todo" } as const;
    if (rival !== undefined)
      return {
        ...orphaned,
        why: `${why} It may be that of ${rival} as well, so no update takes it over: it is unusable.`,
        next: [fixCommand, replaceLost(typed)],
        fix,
      };
    const takenOver = `${why} Its key is the stack's own: the next update takes it over`;
    // An update that no longer asks for a replacement does not look for the lost one.
    const isReplacement =
      heldIndex(state)
        .bySlot.get(slot)
        ?.some((held) => !held.isToBeDeleted) === true;
    if (answer === "lost" && !isReplacement)
      return { ...orphaned, why: `${takenOver}.`, next: [typed(["up"])] };
    return {
      ...orphaned,
      why: `${takenOver}, if it is still declared as it was created. Its credentials were not stored yet: it is unused.`,
      next: [typed(["up"]), fixCommand],
      fix,
    };
  }
  return {
    ...common,
    kind: "orphanedApplication",
    severity: "todo",
    why: `${why} Its secret was lost with the answer: it is unusable.`,
    // An update never deletes an application whose create was answered: it cannot know that the result was
    // not saved.
    next: answer === "answered" ? [fixCommand] : [fixCommand, replaceLost(typed)],
    fix,
  };
}

function adoptAgain({ applicationId }: Existing, typed: Comparison["typed"]): string {
  return `to manage it here, declare it again, with adopt: { applicationId: ${applicationId}, secretArn: <ARN of its secret> }, as in its customer's entry below; ${typed(["up"])}`;
}

function replaceLost(typed: Comparison["typed"]): string {
  return `${typed(["config", "set", "tenants:replaceLostApplications", "true"])} && ${typed(["up"])}`;
}

/** Reports a slot with several applications once, with the first that is no resource. */
function doubledOnce(
  application: Existing,
  sameSlot: readonly Existing[],
  slot: string,
  comparison: Comparison,
): Finding[] {
  const candidates = sameSlot.map((other) => toCandidate(other, comparison));
  if (candidates.find(({ isHeld }) => !isHeld)?.applicationId !== application.applicationId) return [];
  return [
    doubled(
      { slot, tenantId: application.tenantId, cell: application.cell },
      candidates,
      `${candidates.length} recorded applications are for this one slot.`,
    ),
  ];
}

function doubled(
  place: Pick<Finding, "slot" | "tenantId" | "cell" | "authMethod">,
  candidates: Candidate[],
  why: string,
): Finding {
  const list = candidates.map(
    ({ applicationId, clientId, isHeld }) =>
      `${applicationId} (client ${clientId}${isHeld ? ", in the state" : ""})`,
  );
  return {
    ...place,
    kind: "doubled",
    severity: "todo",
    candidates,
    why: `${why} They are ${list.join(", ")}. Find out which are in use.`,
    next: candidates
      .filter(({ isHeld }) => !isHeld)
      .map(({ applicationId }) => `if it is unused: ${deleteAtVendor(place.tenantId ?? "", applicationId)}`),
  };
}

function settleOpen(
  { intent, candidates, rival }: OpenCreate,
  record: TypeRecord,
  comparison: Comparison,
): Finding[] {
  const { events, typed } = comparison;
  const { slot, tenantId = "" } = intent;
  const { cell, authMethod } = applicationParameters.parse(intent.parameters);
  const place = {
    slot,
    tenantId,
    ...(cell === undefined ? {} : { cell }),
    ...(authMethod === undefined ? {} : { authMethod }),
  };
  const begun = createStarted(intent);
  const [application, ...others] = candidates;
  if (application === undefined) {
    if (!isLastCreate(events, intent)) return [];
    return [
      {
        ...place,
        kind: "openIntent",
        severity: "note",
        why: `${begun}, but the API shows no result: the next update settles it.`,
        next: [typed(["up"])],
      },
    ];
  }
  if (others.length > 0) {
    return [
      doubled(
        place,
        candidates.map((candidate) => toCandidate({ ...candidate, tenantId }, comparison)),
        `${begun}, the answer never arrived, and ${candidates.length} applications may be it.`,
      ),
    ];
  }
  const common = { ...describe({ ...application, tenantId }), ...place };
  return [
    isSucceeded(intent, application, record, comparison)
      ? perhapsInUse(common, `${begun}, and the answer never arrived: this may be it.`)
      : crashed(common, `${begun}, and the answer never arrived.`, comparison, "lost", rival),
  ];
}

/** Groups the deletes on record by slot. */
const deletesOf = oncePer((events: Comparison["events"]) =>
  groupBy(
    events.filter((event) => event.event === "intent").filter(({ operation }) => operation === "delete"),
    slotOf,
  ),
);

/** Returns whether something was done in the slot after an open create: then its result no longer matters. */
function isSucceeded(
  intent: IntentEvent,
  { applicationId: candidateId }: ApiApplication,
  { made }: TypeRecord,
  { events, state }: Comparison,
): boolean {
  const { known = [] } = intent;
  if (!isLastCreate(events, intent)) return true;
  // What it created may be what was deleted since: what exists now may be somebody else's.
  const others = (deletesOf(events).get(slotOf(intent)) ?? []).filter(
    ({ at, applicationId = candidateId }) =>
      at >= intent.at &&
      applicationId !== candidateId &&
      !known.includes(applicationId) &&
      !made.has(applicationId),
  );
  if (others.length > 0) return true;
  return (heldIndex(state).bySlot.get(intent.slot) ?? []).some(({ applicationId }) => {
    const recorded = made.get(applicationId);
    return recorded === undefined || recorded.result.at > intent.at;
  });
}

/**
 * An application that an open create explains, although its slot was filled otherwise: it may also have been
 * created by hand.
 */
function perhapsInUse(
  common: ReturnType<typeof describe> & { slot: string; authMethod?: string },
  why: string,
): Finding {
  return {
    ...common,
    kind: "orphanedApplication",
    severity: "todo",
    why: `${why} But its slot was filled since, so it may also have been created by hand and be in use.`,
    next: [`if it is unused: ${deleteAtVendor(common.tenantId, common.applicationId)}`],
  };
}

function unmanaged(application: Existing, record: TypeRecord, comparison: Comparison): Finding[] {
  const { state } = comparison;
  const { tenantId, applicationId, cell } = application;
  // If this stack does not have the tenant, the tenant itself is reported.
  if (!heldIndex(state).tenantIds.has(tenantId)) return [];
  const otherStack = record.stackOf(applicationId);
  const pending = state.pending.find(
    ({ type, inputs }) =>
      type === tenantApplicationType && inputs["tenantId"] === tenantId && inputs["cell"] === cell,
  );
  const hint =
    pending === undefined
      ? ""
      : ` A create of ${pending.slot} is pending in the state, and may have created it.`;
  return [
    {
      ...describe(application),
      kind: "unmanagedApplication",
      severity: "todo",
      ...(pending === undefined ? {} : { slot: pending.slot }),
      why:
        otherStack === undefined
          ? `It is in a tenant of this stack, but neither the state nor the journal contains it.${hint}`
          : createdForStack(otherStack),
      next: [`if it is unused: ${deleteAtVendor(tenantId, applicationId)}`],
    },
  ];
}

/** An application of another stack in a tenant of this one. */
function othersIn(application: Existing, { state, elsewhere }: Comparison): Finding[] {
  const { tenantId, applicationId } = application;
  const holder = elsewhere.holders.get(applicationId);
  if (holder === undefined || !heldIndex(state).tenantIds.has(tenantId)) return [];
  return [
    {
      ...describe(application),
      kind: "unmanagedApplication",
      severity: "note",
      why: `It is in a tenant of this stack, but stack ${holder.stack} holds it.`,
      next: [],
    },
  ];
}

function lost(application: HeldApplication, { events, typed }: Comparison): Finding[] {
  const { isToBeDeleted, applicationId, tenantId, authMethod } = application;
  // The next update deletes it, and handles that it is already missing. If the program marked the tenant id
  // secret, no one looked.
  if (isToBeDeleted || tenantId === "") return [];
  const isHalfDeleted = mayBeDeleted(events, "TenantApplication", applicationId);
  return [
    {
      ...place(application),
      ...(authMethod === undefined ? {} : { authMethod }),
      kind: "lostApplication",
      severity: "todo",
      why: isHalfDeleted
        ? deletionUnanswered
        : "The state contains it, but the API does not know it: its credentials no longer work.",
      next: isHalfDeleted ? [typed(["up"]), typed(["destroy"])] : [typed(["refresh"]), typed(["up"])],
    },
  ];
}

function partlyMade(application: HeldApplication, { typed }: Comparison): Finding[] {
  const { isPartlyMade, authMethod = defaultAuthMethod, differs, urn } = application;
  if (!isPartlyMade) return [];
  const lacksSecret = hasSecret(authMethod) && !application.hasSecret;
  return [
    {
      ...place(application),
      kind: "partlyMade",
      severity: "todo",
      why:
        differs !== undefined
          ? `It was not created as requested (${differs}): do not use it.`
          : lacksSecret
            ? "It was created, but its secret never arrived: it is unusable."
            : "It was created, but the answer was incomplete: the state lacks a part of it.",
      next: [typed(lacksSecret || differs !== undefined ? ["up", "--replace", urn] : ["up"])],
    },
  ];
}

function place({ slot, urn, tenantId, applicationId, clientId, cell }: HeldApplication): Partial<Finding> {
  return {
    slot,
    urn,
    tenantId,
    applicationId,
    ...(clientId === undefined ? {} : { clientId }),
    ...(cell === undefined ? {} : { cell }),
  };
}

function describe({ tenantId, applicationId, clientId, cell }: Existing): {
  tenantId: string;
  applicationId: string;
  clientId: string;
  cell: string;
} {
  return { tenantId, applicationId, clientId, cell };
}

function toCandidate({ applicationId, clientId }: Existing, { state }: Comparison): Candidate {
  return {
    applicationId,
    clientId,
    isHeld: heldIndex(state).applicationIds.has(applicationId),
  };
}

function deleteAtVendor(tenantId: string, applicationId: string): string {
  return `delete at the vendor: DELETE /tenants/${tenantId}/applications/${applicationId}`;
}
