import {
  type JournalEvent,
  mayBeDeleted,
  type RecordedType,
} from "pulumi-resistant-tenants/internal/journal";
import { slotOf } from "pulumi-resistant-tenants/internal/vocabulary";

import { declaredEntries } from "../entry/declared";
import { entryOf, type LivingApplication, type PrintedEntry } from "../entry/entry";
import { readJournal } from "../reconcile/journals";
import { applicationParameters } from "../reconcile/open-creates";
import { type RecordedObject, recordOf } from "../reconcile/record";
import { asOneRecord } from "../stack/former-names";
import type { Stack } from "../stack/stack";
import { type HeldState, readState } from "../stack/state";
import type { CustomerSecret } from "./customer-secrets";

/**
 * Writes the entry that adopts a customer whose secrets are restored, if its tenant or an application is on
 * record as created, not as deleted, and in no state: the state was lost, or the customer was handed over.
 * Like `restore`, it sends nothing to the vendor; `reconcile` does.
 *
 * @returns Resolves with undefined if the state contains everything on record, or the entry adopts it
 * already.
 */
export async function entryForRestored(
  stack: Stack,
  customer: string,
  secrets: readonly CustomerSecret[],
): Promise<PrintedEntry | undefined> {
  const [state, journal] = await Promise.all([readState(stack.pulumi, undefined), readJournal(stack)]);
  const events = await asOneRecord(stack, journal.events);
  const tenantId = lastMade(events, "Tenant", stack, ({ result }) => result.slot === customer)[0]?.objectId;
  if (tenantId === undefined) return undefined;
  const applications = lastMade(
    events,
    "TenantApplication",
    stack,
    ({ result }) => result.tenantId === tenantId,
  ).filter(({ objectId }) => !state.applications.some((held) => held.applicationId === objectId));
  const isHeld = state.tenants.some((held) => held.tenantId === tenantId);
  const declared = (await declaredEntries(stack)).get(customer);
  if (isHeld && applications.length === 0) return undefined;
  if (adoptsAll(declared, tenantId, applications)) return undefined;
  const living = {
    name: customer,
    tenantId,
    cells: [],
    applications: applications.map(toLiving),
    heldSlots: heldSlots(state, tenantId),
    isHeld,
  };
  return entryOf(living, secrets, declared);
}

/** Returns what a stack has on record as created and not as deleted since, the newest first. */
function lastMade(
  events: readonly JournalEvent[],
  type: RecordedType,
  { name, settings }: Stack,
  isWanted: (made: RecordedObject) => boolean,
): RecordedObject[] {
  const { made } = recordOf(events, type, { stack: name, apiUrl: settings.apiUrl });
  return [...made.values()]
    .filter((object) => isWanted(object) && !mayBeDeleted(events, type, object.objectId))
    .toSorted((a, b) => b.result.at.localeCompare(a.result.at));
}

function toLiving({ objectId, intent, result }: RecordedObject): LivingApplication {
  const { cell = "", scopes, authMethod } = applicationParameters.parse(intent?.parameters ?? {});
  const keyId = intent?.parameters["keyId"];
  return {
    applicationId: objectId,
    clientId: result.clientId,
    ...(typeof keyId === "string" ? { keyId } : {}),
    cell,
    ...(scopes.length === 0 ? {} : { scopes }),
    authMethod,
    slot: result.slot,
  };
}

function heldSlots({ applications }: HeldState, tenantId: string): Set<string> {
  return new Set(applications.filter((held) => held.tenantId === tenantId).map(({ slot }) => slotOf(slot)));
}

function adoptsAll(declared: unknown, tenantId: string, applications: readonly RecordedObject[]): boolean {
  const text = JSON.stringify(declared ?? {});
  return text.includes(tenantId) && applications.every(({ objectId }) => text.includes(objectId));
}
