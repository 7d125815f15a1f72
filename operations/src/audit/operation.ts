import type { JournalEvent, RecordedType, ResultEvent } from "pulumi-resistant-tenants/internal/journal";
import { customerOf, generationOf } from "pulumi-resistant-tenants/internal/vocabulary";

/** The kinds of operation, in an auditor's words. */
export type OperationName =
  | "create"
  | "adopt"
  | "rotate"
  | "release"
  | "delete"
  | "clear"
  | "change"
  | "deprecate"
  | "activate"
  | "restore"
  | "import";

/** One operation, done or attempted: an intent and its result. */
export interface Operation {
  /** When it began: RFC 3339, UTC. */
  time: string;
  actor: string;
  /** The actor that the environment claims; anyone can set it. */
  claimedActor?: string;
  /** The caller's ARN, according to AWS. */
  awsIdentity?: string;
  commit?: string;
  runUrl?: string;
  versions?: JournalEvent["versions"];
  reason?: string;
  stage: string;
  stack: string;
  operation: OperationName;
  type: RecordedType;
  /** The resource's name in the stack. */
  slot: string;
  customer?: string;
  tenantId?: string;
  applicationId?: string;
  clientId?: string;
  /** How it ended; `open` if no result is on record. */
  outcome: ResultEvent["outcome"] | "open";
  durationMs?: number;
  message?: string;
  parameters: Record<string, unknown>;
}

/** Returns the operations of a journal's events, in order. A result without its intent becomes an operation, too. */
export function operationsOf(events: readonly JournalEvent[]): Operation[] {
  const results = new Map(
    events.flatMap((event) => (event.event === "result" ? [[event.intent, event] as const] : [])),
  );
  const intents = new Set(events.map(({ id }) => id));
  return events.flatMap((event) => {
    if (event.event === "intent") return [toOperation(event, results.get(event.id))];
    return intents.has(event.intent) ? [] : [toOperation(event, event)];
  });
}

/** @param first the intent, or the result if there is no intent */
function toOperation(first: JournalEvent, result: ResultEvent | undefined): Operation {
  const { at: time, actor, reason, stage, stack, type, slot } = first;
  const parameters = first.event === "intent" ? first.parameters : {};
  const optional = {
    claimedActor: first.claimedActor,
    awsIdentity: first.awsIdentity,
    commit: first.commit,
    runUrl: first.runUrl,
    versions: first.versions,
    reason,
    customer: customerIn(first, parameters),
    tenantId: result?.tenantId ?? first.tenantId,
    applicationId: result?.applicationId ?? first.applicationId,
    clientId: result?.clientId,
    durationMs: result?.durationMs,
    message: result?.message,
  };
  return {
    time,
    actor,
    stage,
    stack,
    operation: nameOf(first, result, parameters),
    type,
    slot,
    outcome: result?.outcome ?? "open",
    parameters,
    ...(Object.fromEntries(
      Object.entries(optional).filter(([, value]) => value !== undefined),
    ) as Partial<Operation>),
  };
}

function nameOf(
  { type, operation, slot }: JournalEvent,
  result: ResultEvent | undefined,
  parameters: Record<string, unknown>,
): OperationName {
  if (type === "Lock" || type === "PendingOperation" || type === "EmptySecret") return "clear";
  if (operation !== "create") return operation;
  if (result?.outcome === "adopted" || typeof parameters["adopt"] === "string") return "adopt";
  return type === "TenantApplication" && generationOf(slot) > 1 ? "rotate" : "create";
}

/** A slot begins with the customer's name, which is the tenant's. An event about a whole stack has no customer. */
function customerIn({ type, slot }: JournalEvent, parameters: Record<string, unknown>): string | undefined {
  if (type === "Lock" || type === "PendingOperation") return undefined;
  const { name } = parameters;
  return type === "Tenant" && typeof name === "string" ? name : customerOf(slot);
}
