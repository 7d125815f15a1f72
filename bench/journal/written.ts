import { randomUUID } from "node:crypto";

import type { JournalEvent, KnownBefore } from "../../provider/src/journal";
import { advance, chained, genesis, type Head } from "../../provider/src/journal/chain";
import { readEntry } from "../../provider/src/journal/entry";
import { Memory } from "../../provider/src/journal/memory";

const customers = 500;
const common = {
  v: 2,
  actor: "github:octocat",
  reason: "CHG-1042: the rotation of this quarter",
  stack: "organization/resistant-tenants/prod",
  stage: "production",
  apiUrl: "https://api.tenants.resistant.ai/v0",
  type: "TenantApplication",
} as const;

/** The lines of a journal, each with its time, and the matching state. */
export interface Written {
  lines: Array<{ at: string; id: string; text: string }>;
  known: Omit<KnownBefore, "idIn">;
}

/** Writes a journal: each rotation creates an application, and deletes the previous one. */
export function writeJournal(events: number): Written {
  const memory = new Memory();
  const lines: Written["lines"] = [];
  let head: Head = genesis;
  let at = Date.UTC(2026, 0, 1);
  let last = { ...genesis, at: "" };
  const add = (event: JournalEvent): void => {
    memory.add(event);
    const text = JSON.stringify(chained(event, head, memory.holdingOf(common.stack)));
    const entry = readEntry(text, "");
    if (entry.kind !== "event") throw new Error(text);
    head = advance(head, entry);
    lines.push({ at: event.at, id: event.id, text });
    if (event.event === "result" && event.operation === "create") last = { ...head, at: event.at };
  };
  const perform = (operation: "create" | "delete", slot: string, tenantId: string, applicationId: string) => {
    const of = { ...common, slot, operation, tenantId };
    const id = randomUUID();
    const now = (): string => new Date((at += 40)).toISOString();
    const parameters = { cell: "eu-1", scopes: ["documents.submissions.read"], authMethod: "EC", keyId: id };
    const ofIntent = operation === "create" ? { parameters, known: [] } : { parameters: {}, applicationId };
    add({ ...of, ...ofIntent, event: "intent", id, at: now() });
    const outcome = operation === "create" ? "made" : "deleted";
    const end = { intent: id, outcome, applicationId, durationMs: 40 } as const;
    add({ ...of, ...end, event: "result", id: randomUUID(), at: now() });
  };
  const tenantIds = Array.from({ length: customers }, () => randomUUID());
  const held = new Map<number, string>();
  for (let turn = 0; lines.length < events; turn += 1) {
    const customer = turn % customers;
    const generation = Math.floor(turn / customers) + 1;
    const slot = (number: number): string => `customer${customer}/eu-1/default/${number}`;
    const [tenantId = "", before, id] = [tenantIds[customer], held.get(customer), randomUUID()];
    perform("create", slot(generation), tenantId, id);
    held.set(customer, id);
    if (before !== undefined) perform("delete", slot(generation - 1), tenantId, before);
  }
  return { lines, known: { stack: common.stack, holding: memory.holdingOf(common.stack), last } };
}

/** The events of an `up` that creates a customer with one application. */
export function ofUp(): JournalEvent[] {
  const at = new Date().toISOString();
  const tenantId = randomUUID();
  const operation = "create";
  const name = `new${randomUUID().slice(0, 8)}`;
  const make = (type: "Tenant" | "TenantApplication", slot: string): JournalEvent[] => {
    const of = { ...common, type, slot, operation, tenantId, at } as const;
    const id = randomUUID();
    return [
      { ...of, event: "intent", id, parameters: {} },
      { ...of, event: "result", id: randomUUID(), intent: id, outcome: "failed", durationMs: 1 },
    ];
  };
  return [...make("Tenant", name), ...make("TenantApplication", `${name}/eu-1/default`)];
}

/** The events of an `up` that fails to change a customer's declaration: the journal stays the same. */
export function ofChange(): JournalEvent[] {
  const at = new Date().toISOString();
  const of = { ...common, type: "Customer", slot: "customer1", operation: "change", at } as const;
  const id = randomUUID();
  const parameters = { before: { readers: "a" }, after: { readers: "b" } };
  return [
    { ...of, event: "intent", id, parameters },
    { ...of, event: "result", id: randomUUID(), intent: id, outcome: "failed", durationMs: 1 },
  ];
}
