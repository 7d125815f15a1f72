import { strict as assert } from "node:assert";

import { compare } from "../../../operations/src/reconcile/compare";
import type { Finding, FindingKind } from "../../../operations/src/reconcile/finding";
import type { JournalEvent } from "../../../provider/src/journal";
import {
  application,
  bothScopes,
  comparisonOf,
  Events,
  heldApplication,
  heldTenant,
  otherSlot,
  pendingCreate,
  type Situation,
  tenant,
} from "./comparisons";

/** What a case expects of one finding. */
interface Expected {
  kind: FindingKind;
  severity?: Finding["severity"];
  id?: string | undefined;
  fix?: string;
  /** What the first of the next steps is. */
  next?: RegExp;
}

type Case = [what: string, situation: (events: Events) => Situation, expected: Expected[]];

const replaced = /^tenants reconcile --fix$/;
const settled = { kind: "openIntent", severity: "note", fix: "settleIntent", next: replaced } as const;
const atVendor = (id: string): RegExp => new RegExp(`\\bunused\\b.*DELETE /tenants/t-1/applications/${id}$`);

/** A tenant and its application that were handed over, and have left the state. */
function handedOver(events: Events): Situation & { events: JournalEvent[] } {
  const [made, create] = [events.createTenant(), events.createApplication()];
  return {
    events: [
      made,
      events.result(made, "made", { tenantId: "t-1" }),
      create,
      events.result(create, "made", { applicationId: "a-1" }),
      ...events.release({ type: "TenantApplication", tenantId: "t-1", applicationId: "a-1" }),
      ...events.release({ type: "Tenant", tenantId: "t-1" }),
    ],
    heldTenants: [],
    applications: [application("a-1")],
  };
}

const ofTenant = { type: "Tenant", tenantId: "t-1" } as const;
const ofApplication = { type: "TenantApplication", tenantId: "t-1", applicationId: "a-1" } as const;
const cutOffCases: Case[] = [
  [
    "a delete of what is gone, and in no state, ended without a record of it",
    (events) => ({
      events: [events.remove(ofTenant), events.remove(ofApplication)],
      heldTenants: [],
      tenants: [],
    }),
    [settled, settled],
  ],
  [
    "a delete of what is there still, and in the state, was not carried out",
    (events) => ({
      events: [events.remove(ofApplication)],
      heldApplications: [heldApplication("a-1")],
      applications: [application("a-1")],
    }),
    [settled],
  ],
  [
    "a delete that the next update repeats is nothing to tell of",
    (events) => ({
      events: [events.remove(ofApplication)],
      heldApplications: [heldApplication("a-1", { isToBeDeleted: true })],
      applications: [application("a-1")],
    }),
    [],
  ],
  [
    "a delete of what is gone, and in the state still, is the next update's",
    (events) => ({
      events: [events.remove(ofApplication)],
      heldApplications: [heldApplication("a-1")],
    }),
    [{ kind: "lostApplication", next: /^pulumi up$/ }],
  ],
  [
    "a delete of what is gone may be of another organization, where the API knows none of the stack's tenants",
    (events) => ({
      events: [events.remove({ type: "TenantApplication", tenantId: "t-2", applicationId: "a-2" })],
      tenants: [],
    }),
    [{ kind: "lostTenant" }],
  ],
  [
    "a create has made what the state holds in its place, and nothing else on record has made",
    (events) => ({
      events: [events.createTenant(), events.createApplication()],
      heldApplications: [heldApplication("a-1")],
      applications: [application("a-1")],
    }),
    [settled, settled],
  ],
  [
    "a create has not made what was there before it, or what another has made",
    (events) => replacementCutOff(events, "a-1"),
    [{ kind: "openIntent", severity: "note", next: /^pulumi up$/ }],
  ],
  [
    "a create whose slot is empty has made nothing, once it is surely over and nothing is there",
    (events) => ({
      events: [events.createTenant(), events.createApplication()],
      heldTenants: [],
      tenants: [],
      hour: 2,
    }),
    [settled, settled],
  ],
  [
    "a create whose slot is empty may still be under way within the hour",
    (events) => ({ events: [events.createTenant()], heldTenants: [], tenants: [] }),
    [{ kind: "openIntent", severity: "note", next: /^pulumi up$/ }],
  ],
  [
    "a line of the journal that cannot be read is somebody's task",
    () => ({ unreadable: ["journal.jsonl:3"] }),
    [{ kind: "unreadableRecord" }],
  ],
  [
    "a release that was cut off ended where the state holds the object no more",
    (events) => ({ events: events.release(ofTenant).slice(0, 1), heldTenants: [] }),
    [settled],
  ],
  [
    "a repair that was cut off ended where nothing is left of what it clears away",
    (events) => ({
      events: (["Lock", "PendingOperation", "EmptySecret"] as const).map((type) => events.remove({ type })),
    }),
    [settled, settled, settled],
  ],
  [
    "what ended later in the same slot settles it",
    (events) => {
      const [first, second] = [events.remove(ofTenant), events.remove(ofTenant)];
      return { events: [first, second, events.result(second, "gone")], heldTenants: [], tenants: [] };
    },
    [],
  ],
];

/** An application that the state holds, and the create of its successor, which was cut off. */
function replacementCutOff(events: Events, ...existing: string[]): Situation {
  const first = events.createApplication();
  return {
    events: [
      first,
      events.result(first, "made", { applicationId: "a-1" }),
      events.createApplication({ known: ["a-1"] }),
    ],
    heldApplications: [heldApplication("a-1")],
    applications: existing.map((applicationId) => application(applicationId)),
  };
}

const applicationCases: Case[] = [
  [
    "one that the state holds is nothing to tell of",
    (events) => {
      const create = events.createApplication();
      return {
        events: [create, events.result(create, "made", { applicationId: "a-1" })],
        heldApplications: [heldApplication("a-1")],
        applications: [application("a-1")],
      };
    },
    [],
  ],
  [
    "one that was handed over with its tenant is nobody's orphan",
    (events) => {
      const [made, create] = [events.createTenant(), events.createApplication()];
      return {
        events: [
          made,
          events.result(made, "made", { tenantId: "t-1" }),
          create,
          events.result(create, "made", { applicationId: "a-1" }),
        ],
        heldTenants: [],
        released: ["t-1", "a-1"],
        applications: [application("a-1")],
      };
    },
    [],
  ],
  [
    "one that was handed over is nobody's orphan either once it has left the state: the journal knows it",
    handedOver,
    [],
  ],
  [
    "one in a tenant that was handed over is its next owner's, even where an open create could explain it",
    (events) => ({
      ...handedOver(events),
      events: [events.createApplication(), ...handedOver(events).events],
      applications: [application("a-1"), application("a-2")],
    }),
    [],
  ],
  [
    "one that was handed over, taken back and lost again is orphaned again",
    (events) => {
      const before = handedOver(events);
      const [tenantBack, back] = [events.createTenant(), events.createApplication()];
      return {
        ...before,
        heldTenants: [heldTenant()],
        events: [
          ...before.events,
          tenantBack,
          events.result(tenantBack, "adopted", { tenantId: "t-1" }),
          back,
          events.result(back, "adopted", { applicationId: "a-1" }),
        ],
      };
    },
    [
      {
        kind: "orphanedApplication",
        id: "a-1",
        next: /adopt: \{ applicationId: a-1, secretArn: /,
      },
    ],
  ],
  [
    "one that was handed over with its tenant, and left out when the tenant was taken back, is orphaned",
    (events) => {
      const before = handedOver(events);
      const back = events.createTenant();
      return {
        ...before,
        heldTenants: [heldTenant()],
        events: [...before.events, back, events.result(back, "adopted", { tenantId: "t-1" })],
      };
    },
    [{ kind: "orphanedApplication", id: "a-1", next: /adopt: \{ applicationId: a-1, secretArn: / }],
  ],
  [
    "one that an open create explains is orphaned, and its secret is lost: it can be deleted",
    (events) => ({ events: [events.createApplication()], applications: [application("a-1")] }),
    [{ kind: "orphanedApplication", id: "a-1", fix: "deleteApplication", next: replaced }],
  ],
  [
    "one whose create ended without anybody knowing how is orphaned too",
    (events) => {
      const create = events.createApplication();
      return { events: [create, events.result(create, "unknown")], applications: [application("a-1")] };
    },
    [{ kind: "orphanedApplication", id: "a-1", fix: "deleteApplication" }],
  ],
  [
    "one with a key of the stack's own is taken over by the next up, and never deleted",
    (events) => ({ events: [events.createApplication({}, "EC")], applications: [application("a-1")] }),
    [{ kind: "orphanedApplication", id: "a-1", next: /^pulumi up$/ }],
  ],
  [
    "one with a key that another lost create explains as well is taken over by no up: it can be deleted",
    (events) => ({
      events: [
        events.createApplication({}, "EC"),
        events.createApplication({ slot: "acme/eu-1/reporting" }, "EC"),
      ],
      applications: [application("a-1")],
    }),
    [
      { kind: "orphanedApplication", id: "a-1", fix: "deleteApplication", next: replaced },
      { kind: "openIntent", severity: "note", next: /^pulumi up$/ },
    ],
  ],
  [
    "a replacement with a key can be deleted, too: an up takes it over only while it is declared",
    (events) => {
      const create = events.createApplication({}, "EC");
      return {
        events: [
          create,
          events.result(create, "made", { applicationId: "a-1" }),
          events.createApplication({ known: ["a-1"] }, "EC"),
        ],
        heldApplications: [heldApplication("a-1")],
        applications: [application("a-1"), application("a-2")],
      };
    },
    [{ kind: "orphanedApplication", id: "a-2", fix: "deleteApplication", next: /^pulumi up$/ }],
  ],
  [
    "one made just before the update was killed is orphaned, and can be deleted",
    (events) => {
      const create = events.createApplication();
      return {
        events: [create, events.result(create, "made", { applicationId: "a-1" })],
        pending: [pendingCreate("TenantApplication")],
        applications: [application("a-1")],
      };
    },
    [
      { kind: "pendingOperation", fix: "clearPendingCreate" },
      { kind: "orphanedApplication", id: "a-1", fix: "deleteApplication" },
    ],
  ],
  [
    "one with a key, made just before the update was killed, can be deleted: an up takes it over only as it was declared",
    (events) => {
      const create = events.createApplication({}, "EC");
      return {
        events: [create, events.result(create, "made", { applicationId: "a-1" })],
        pending: [pendingCreate("TenantApplication")],
        applications: [application("a-1")],
      };
    },
    [
      { kind: "pendingOperation", fix: "clearPendingCreate" },
      { kind: "orphanedApplication", id: "a-1", fix: "deleteApplication", next: /^pulumi up$/ },
    ],
  ],
  [
    "one on record that was taken out of the state may be in use: it is never deleted",
    (events) => {
      const create = events.createApplication();
      return {
        events: [create, events.result(create, "made", { applicationId: "a-1" })],
        applications: [application("a-1")],
      };
    },
    [{ kind: "orphanedApplication", id: "a-1", next: /adopt: \{ applicationId: a-1, secretArn: / }],
  ],
  [
    "one that was adopted just before the update was killed is somebody's: it is never deleted",
    (events) => {
      const create = events.createApplication({
        applicationId: "a-1",
        parameters: { cell: "eu-1", scopes: bothScopes, authMethod: "CLIENT_SECRET", adopt: "a-1" },
      });
      return {
        events: [create, events.result(create, "adopted", { applicationId: "a-1" })],
        pending: [pendingCreate("TenantApplication")],
        applications: [application("a-1")],
      };
    },
    [
      { kind: "pendingOperation", fix: "clearPendingCreate" },
      {
        kind: "orphanedApplication",
        id: "a-1",
        next: /adopt: \{ applicationId: a-1, secretArn: /,
      },
    ],
  ],
  [
    "one whose adoption was cut short is unmanaged: an adoption makes nothing",
    (events) => ({
      events: [
        events.createApplication({
          parameters: { cell: "eu-1", scopes: bothScopes, authMethod: "CLIENT_SECRET", adopt: "a-1" },
        }),
      ],
      applications: [application("a-1")],
    }),
    [{ kind: "unmanagedApplication", id: "a-1", next: atVendor("a-1") }],
  ],
  [
    "one that was there before the create is unmanaged",
    (events) => ({
      events: [events.createApplication({ known: ["a-1"] })],
      applications: [application("a-1")],
    }),
    [
      { kind: "unmanagedApplication", id: "a-1", next: atVendor("a-1") },
      { kind: "openIntent", severity: "note" },
    ],
  ],
  [
    "one with other scopes than the open create's is unmanaged",
    (events) => ({
      events: [events.createApplication()],
      applications: [application("a-1", { scopes: ["documents.submissions.read"] })],
    }),
    [
      { kind: "unmanagedApplication", id: "a-1" },
      { kind: "openIntent", severity: "note" },
    ],
  ],
  [
    "one in another cell than the open create's is unmanaged",
    (events) => ({
      events: [events.createApplication()],
      applications: [application("a-1", { cell: "us-1" })],
    }),
    [
      { kind: "unmanagedApplication", id: "a-1" },
      { kind: "openIntent", severity: "note" },
    ],
  ],
  [
    "one that nobody knows is unmanaged, when the journal is gone too",
    () => ({ pending: [pendingCreate("TenantApplication")], applications: [application("a-1")] }),
    [
      { kind: "pendingOperation", next: /--clear-pending-creates/ },
      { kind: "unmanagedApplication", id: "a-1", next: atVendor("a-1") },
    ],
  ],
  [
    "several that one open create may have made are doubled, and none is touched",
    (events) => ({
      events: [events.createApplication()],
      applications: [application("a-1"), application("a-2")],
    }),
    [{ kind: "doubled", next: atVendor("a-1") }],
  ],
  [
    "several that as many open creates have made are told apart by what was there before each",
    (events) => ({
      events: [events.createApplication(), events.createApplication({ slot: otherSlot, known: ["a-1"] })],
      applications: [application("a-1"), application("a-2")],
    }),
    [
      { kind: "orphanedApplication", id: "a-2", fix: "deleteApplication" },
      { kind: "orphanedApplication", id: "a-1", fix: "deleteApplication" },
    ],
  ],
  [
    "two on record for one slot are doubled",
    (events) => {
      const [first, second] = [events.createApplication(), events.createApplication()];
      return {
        events: [
          first,
          events.result(first, "made", { applicationId: "a-1" }),
          second,
          events.result(second, "made", { applicationId: "a-2" }),
        ],
        heldApplications: [heldApplication("a-2")],
        applications: [application("a-1"), application("a-2")],
      };
    },
    [{ kind: "doubled", next: atVendor("a-1") }],
  ],
  [
    "two in one slot that the state holds both are a replacement under way",
    (events) => {
      const [first, second] = [events.createApplication(), events.createApplication()];
      return {
        events: [
          first,
          events.result(first, "made", { applicationId: "a-1" }),
          second,
          events.result(second, "made", { applicationId: "a-2" }),
        ],
        heldApplications: [heldApplication("a-2"), heldApplication("a-1", { isToBeDeleted: true })],
        applications: [application("a-1"), application("a-2")],
      };
    },
    [],
  ],
  [
    "one that explains an open create whose slot was filled since may have been made by hand, and is never deleted",
    (events) => {
      const [first, second] = [events.createApplication(), events.createApplication()];
      return {
        events: [
          first,
          events.result(first, "unknown"),
          second,
          events.result(second, "made", { applicationId: "a-1" }),
        ],
        heldApplications: [heldApplication("a-1")],
        applications: [application("a-1"), application("a-2")],
      };
    },
    [{ kind: "orphanedApplication", id: "a-2", next: atVendor("a-2") }],
  ],
  [
    "one that explains the last open create of a slot, which the state holds, may have been made by hand, too",
    (events) => ({
      events: [events.createApplication()],
      heldApplications: [heldApplication("a-1")],
      applications: [application("a-1"), application("a-2")],
    }),
    [{ kind: "orphanedApplication", id: "a-2", next: atVendor("a-2") }, settled],
  ],
  [
    "a replacement whose create was killed has one orphan, beside the old one",
    (events) => replacementCutOff(events, "a-1", "a-2"),
    [{ kind: "orphanedApplication", id: "a-2", fix: "deleteApplication" }],
  ],
  [
    "one that the API does not know is lost",
    () => ({ heldApplications: [heldApplication("a-1")] }),
    [{ kind: "lostApplication", id: "a-1", next: /^pulumi refresh$/ }],
  ],
  [
    "one that the API does not know, whose delete was under way, needs no refresh",
    (events) => ({
      events: [events.remove({ type: "TenantApplication", tenantId: "t-1", applicationId: "a-1" })],
      heldApplications: [heldApplication("a-1")],
    }),
    [{ kind: "lostApplication", id: "a-1", next: /^pulumi up$/ }],
  ],
  [
    "one that the next update deletes anyway is nothing to tell of when it is gone",
    () => ({ heldApplications: [heldApplication("a-1", { isToBeDeleted: true })] }),
    [],
  ],
  [
    "one whose secret never came is to be replaced",
    () => ({
      heldApplications: [heldApplication("a-1", { isPartlyMade: true, hasSecret: false })],
      applications: [application("a-1")],
    }),
    [{ kind: "partlyMade", id: "a-1", next: /^pulumi up --replace urn:/ }],
  ],
  [
    "one that was made otherwise than it was asked for is to be replaced",
    () => ({
      heldApplications: [
        heldApplication("a-1", { isPartlyMade: true, differs: '"cell" is "us-1", not "eu-1"' }),
      ],
      applications: [application("a-1")],
    }),
    [{ kind: "partlyMade", id: "a-1", next: /^pulumi up --replace urn:/ }],
  ],
  [
    "one that is partly made otherwise is completed by the next up",
    () => ({
      heldApplications: [heldApplication("a-1", { isPartlyMade: true })],
      applications: [application("a-1")],
    }),
    [{ kind: "partlyMade", id: "a-1", next: /^pulumi up$/ }],
  ],
  [
    "an open create that made nothing is harmless",
    (events) => ({ events: [events.createApplication()] }),
    [{ kind: "openIntent", severity: "note", next: /^pulumi up$/ }],
  ],
  [
    "an open create that a later one has settled is forgotten",
    (events) => {
      const [first, second] = [events.createApplication(), events.createApplication()];
      return {
        events: [first, second, events.result(second, "made", { applicationId: "a-1" })],
        heldApplications: [heldApplication("a-1")],
        applications: [application("a-1")],
      };
    },
    [],
  ],
  [
    "a create that surely failed leaves nothing",
    (events) => {
      const create = events.createApplication();
      return { events: [create, events.result(create, "failed")] };
    },
    [],
  ],
  [
    "another stack's open create explains nothing",
    (events) => ({
      events: [events.createApplication({ stack: "organization/project/prod" })],
      applications: [application("a-1")],
    }),
    [{ kind: "unmanagedApplication", id: "a-1" }],
  ],
];

const tenantCases: Case[] = [
  [
    "one that another stack may hold is unmanaged, which is nobody's task",
    () => ({ tenants: [tenant(), tenant("t-2", "globex")] }),
    [{ kind: "unmanagedTenant", severity: "note", id: "t-2" }],
  ],
  [
    "one on record that no resource is, is orphaned",
    (events) => {
      const create = events.createTenant();
      return {
        events: [create, events.result(create, "made", { tenantId: "t-1" })],
        heldTenants: [],
      };
    },
    [{ kind: "orphanedTenant", id: "t-1", next: /^pulumi up$/ }],
  ],
  [
    "one on record that holds applications is to be adopted",
    (events) => {
      const create = events.createTenant();
      return {
        events: [create, events.result(create, "made", { tenantId: "t-1" })],
        heldTenants: [],
        applications: [application("a-1")],
      };
    },
    [{ kind: "orphanedTenant", id: "t-1", next: /^adopt: t-1$/ }],
  ],
  [
    "one that an open create explains is orphaned",
    (events) => ({ events: [events.createTenant()], heldTenants: [] }),
    [{ kind: "orphanedTenant", id: "t-1", next: /^pulumi up$/ }],
  ],
  [
    "one that was there before the open create is unmanaged",
    (events) => ({
      events: [events.createTenant()],
      heldTenants: [],
      tenants: [tenant("t-1", "acme", "2029-12-31T00:00:00Z")],
    }),
    [{ kind: "unmanagedTenant", severity: "note", id: "t-1" }],
  ],
  [
    "one of the name of a pending create is to be adopted when the journal is gone",
    () => ({ heldTenants: [], pending: [pendingCreate("Tenant", "acme")] }),
    [
      { kind: "pendingOperation", next: /--clear-pending-creates/ },
      { kind: "unmanagedTenant", severity: "todo", id: "t-1", next: /^adopt: t-1$/ },
    ],
  ],
  [
    "one that the API does not know is lost",
    () => ({
      heldTenants: [heldTenant(), heldTenant({ tenantId: "t-2", slot: "globex", name: "globex" })],
    }),
    [{ kind: "lostTenant", id: "t-2", next: /^pulumi refresh$/ }],
  ],
  [
    "where the API knows none of them, the credentials are in doubt before the tenants are",
    () => ({ tenants: [] }),
    [{ kind: "lostTenant", id: "t-1", next: /^pulumi config get tenants:clientId$/ }],
  ],
  [
    "one that is partly made is completed by the next up",
    () => ({ heldTenants: [heldTenant({ isPartlyMade: true })] }),
    [{ kind: "partlyMade", id: "t-1", next: /^pulumi up$/ }],
  ],
  [
    "an open create that made nothing is harmless",
    (events) => ({ events: [events.createTenant()], heldTenants: [], tenants: [] }),
    [{ kind: "openIntent", severity: "note" }],
  ],
];

const leftoverCases: Case[] = [
  [
    "a lock whose process is gone can be taken away",
    () => ({ locks: [{ location: "/locks/1.json", process: "gone" }] }),
    [{ kind: "locked", fix: "cancelLock", next: replaced }],
  ],
  [
    "a lock whose process may run elsewhere is left to people",
    () => ({ locks: [{ location: "/locks/1.json", process: "unknown" }] }),
    [{ kind: "locked", next: /^pulumi cancel --yes$/ }],
  ],
  [
    "a lock whose process is running is to be waited for",
    () => ({ locks: [{ location: "/locks/1.json", process: "running" }] }),
    [{ kind: "locked" }],
  ],
  [
    "a pending delete is repeated by the next update",
    () => ({ pending: [{ ...pendingCreate("Tenant", "acme"), operation: "deleting" }] }),
    [{ kind: "pendingOperation", severity: "note", next: /^pulumi up$/ }],
  ],
  [
    "an empty secret whose name is taken can be deleted",
    () => {
      const pending = { ...pendingCreate("TenantApplication"), type: "aws:secretsmanager/secret:Secret" };
      return {
        pending: [pending],
        emptySecrets: new Map([
          [pending.urn, { arn: "arn:aws:secretsmanager:eu-west-1:1:secret:s", secretName: "s" }],
        ]),
      };
    },
    [{ kind: "pendingOperation", fix: "deleteEmptySecret", next: replaced }],
  ],
];

/** A tenant and its application on record as made, which the state does not hold. */
function made(events: Events): Situation & { events: JournalEvent[] } {
  const [ofT, ofA] = [events.createTenant(), events.createApplication()];
  return {
    events: [
      ofT,
      events.result(ofT, "made", { tenantId: "t-1" }),
      ofA,
      events.result(ofA, "made", { applicationId: "a-1" }),
    ],
    heldTenants: [heldTenant({ tenantId: "t-2", slot: "globex", name: "globex" })],
    tenants: [tenant("t-2", "globex")],
  };
}

const other = "organization/project/other";
const bothThere = { tenants: [tenant(), tenant("t-2", "globex")], applications: [application("a-1")] };
const note = { severity: "note", next: replaced } as const;
const unaccountedCases: Case[] = [
  [
    "what the API does not know by its id is gone, and can be recorded so",
    made,
    [
      { ...note, kind: "gone", fix: "recordGone" },
      { ...note, kind: "gone", id: "a-1", fix: "recordGone" },
    ],
  ],
  [
    "what is gone may be of another organization, where the API knows none of the stack's tenants",
    (events) => ({ ...made(events), heldTenants: [], tenants: [] }),
    [
      { kind: "gone", severity: "note", next: /TENANTS_ACCEPT_MISSING=true tenants reconcile --fix$/ },
      { kind: "gone", severity: "note", next: /TENANTS_ACCEPT_MISSING=true tenants reconcile --fix$/ },
    ],
  ],
  [
    "what is gone and on record as gone is nothing to tell of",
    (events) => {
      const situation = made(events);
      const removals = [ofTenant, ofApplication].flatMap((object) => {
        const intent = events.remove(object);
        return [intent, events.result(intent, "gone", object)];
      });
      return { ...situation, events: [...situation.events, ...removals] };
    },
    [],
  ],
  [
    "what was moved to another stack is that stack's, and is never deleted",
    (events) => ({ ...made(events), ...bothThere, elsewhere: { "t-1": other, "a-1": other } }),
    [
      { ...note, kind: "moved", fix: "recordMove" },
      { ...note, kind: "moved", id: "a-1", fix: "recordMove" },
    ],
  ],
  [
    "what an open create has made and another stack holds is not deleted: the create is over for this stack",
    (events) => ({
      events: [events.createApplication()],
      applications: [application("a-1")],
      elsewhere: { "a-1": other },
      hour: 2,
    }),
    [{ kind: "unmanagedApplication", severity: "note", id: "a-1" }, settled],
  ],
  [
    "what an update was killed in, and another stack holds since, is not deleted",
    (events) => ({
      ...made(events),
      ...bothThere,
      heldTenants: [heldTenant()],
      pending: [pendingCreate("TenantApplication")],
      elsewhere: { "a-1": other },
    }),
    [
      { kind: "pendingOperation", fix: "clearPendingCreate" },
      { kind: "unmanagedTenant", severity: "note" },
      { ...note, kind: "moved", id: "a-1", fix: "recordMove" },
    ],
  ],
  [
    "nothing is deleted while the state of another stack cannot be read",
    (events) => ({
      events: [events.createApplication()],
      applications: [application("a-1")],
      unread: [other],
    }),
    [
      {
        kind: "orphanedApplication",
        id: "a-1",
        next: /^pulumi stack export --stack organization\/project\/other /,
      },
    ],
  ],
  [
    "an empty secret that another stack holds is left alone",
    () => {
      const pending = { ...pendingCreate("TenantApplication"), type: "aws:secretsmanager/secret:Secret" };
      const arn = "arn:aws:secretsmanager:eu-west-1:1:secret:s";
      return {
        pending: [pending],
        emptySecrets: new Map([[pending.urn, { arn, secretName: "s" }]]),
        elsewhere: { [arn]: other },
      };
    },
    [{ kind: "pendingOperation" }],
  ],
];

const stored = {
  slot: "acme/eu-1/default",
  generation: 1,
  urn: "urn:version::acme/eu-1/default",
  secretArn: "arn:s",
  versionId: "v-1",
};
const secretCases: Case[] = [
  [
    "one that was overwritten is stored again",
    () => ({ changedSecrets: [{ ...stored, change: "overwritten", why: "It was." }] }),
    [{ kind: "changedSecret", next: /^pulumi up --replace urn:version::acme\/eu-1\/default$/ }],
  ],
  [
    "one that is marked for deletion is taken back",
    () => ({ changedSecrets: [{ ...stored, change: "marked for deletion", why: "It is." }] }),
    [{ kind: "changedSecret", next: /^tenants restore acme$/ }],
  ],
  [
    "one that is gone is made again",
    () => ({ changedSecrets: [{ ...stored, change: "deleted", why: "It is." }] }),
    [{ kind: "changedSecret", next: /^pulumi refresh && pulumi up$/ }],
  ],
  [
    "one whose application is lost is left alone: the state may be an older one",
    () => ({
      changedSecrets: [{ ...stored, change: "overwritten", why: "It was." }],
      heldApplications: [heldApplication("a-1")],
    }),
    [{ kind: "lostApplication" }, { kind: "changedSecret", next: /^$/ }],
  ],
];

function idOf({ kind, applicationId, tenantId }: Finding): string | undefined {
  return kind.endsWith("Tenant") ? tenantId : (applicationId ?? tenantId);
}

for (const [of, cases] of Object.entries({
  "an application": applicationCases,
  "what was cut off": cutOffCases,
  "a tenant": tenantCases,
  "what a killed engine leaves": leftoverCases,
  "what is on record and not held": unaccountedCases,
  "a secret": secretCases,
})) {
  describe(`the comparison of journal, state and API, of ${of}:`, () => {
    for (const [what, situation, expected] of cases) {
      it(what, () => {
        const findings = compare(comparisonOf(situation(new Events())));
        assert.deepEqual(
          findings.map((finding, index) => ({
            kind: finding.kind,
            severity: finding.severity,
            id: expected[index]?.id === undefined ? undefined : idOf(finding),
            fix: finding.fix?.action,
          })),
          expected.map(({ kind, severity, id, fix }) => ({ kind, severity: severity ?? "todo", id, fix })),
        );
        for (const [index, { next }] of expected.entries()) {
          if (next !== undefined) assert.match(findings[index]!.next[0] ?? "", next);
        }
      });
    }
  });
}
