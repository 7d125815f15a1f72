import { createHash } from "node:crypto";

import { z } from "zod";

import type { ServiceContext } from "../../context";
import type { SavedCustomer } from "../../customers/save-applied";
import type { RequestRow, Writing } from "../../records/schema";
import type { RequestKind } from "../../requests/request";
import type { WebhookEvent } from "../../settings/notices";
import { putNotices } from "../outbox";

const text = z.string();

/**
 * The members of the stack's output record that a webhook contains, by name: those that a CRM needs. Others
 * never leave by a webhook.
 */
export const tenantSchema = z.object({
  tenantId: text,
  name: text,
  customerId: text,
  stage: text,
  cells: z.array(text),
  webUiUrls: z.record(text, z.url()),
  ssoClaims: z.object({ readOnly: text, readWrite: text }),
  owner: text.optional(),
  createdAt: text,
  applications: z.array(
    z.object({
      cell: text,
      purpose: text,
      applicationId: text,
      clientId: text,
      authMethod: text,
      secretArn: text,
      createdAt: text,
      rotatedAt: text.optional(),
    }),
  ),
});

/** The payload of Standard Webhooks. */
export interface WebhookPayload {
  type: WebhookEvent;
  /** When it happened. */
  timestamp: string;
  data: Omit<z.output<typeof tenantSchema>, "status"> & {
    /** The status of the record afterwards. */
    status: string;
    /** The record's ETag: it changes with each change, and identifies the message about the present record. */
    etag: string;
    requestId: string;
    kind: RequestKind;
  };
}

/** Queues messages to the webhooks about a customer that an apply has changed. */
export async function tellWebhooks(
  context: Pick<ServiceContext, "now" | "seals" | "settings">,
  writing: Writing,
  request: RequestRow,
  saved: SavedCustomer,
): Promise<void> {
  const { webhooks } = context.settings;
  if (webhooks.length === 0) return;
  const row = await writing
    .selectFrom("customers")
    .select("record")
    .where("stage", "=", request.stage)
    .where("name", "=", saved.name)
    .where("etag", "=", saved.etag)
    .executeTakeFirst();
  // No message was ever sent about a customer without a tenant.
  const tenant = tenantSchema.safeParse(row?.record);
  if (!tenant.success) return;
  const kind = request.kind as RequestKind;
  const type = typeOf(kind, saved.status);
  const { etag, status } = saved;
  const payload: WebhookPayload = {
    type,
    timestamp: context.now().toISOString(),
    data: { ...tenant.data, status, etag, requestId: request.id, kind },
  };
  const id = eventId(request.id, saved);
  const notices = webhooks
    .filter(({ events }) => events.includes(type))
    .map(({ name }) => ({
      channel: "webhook" as const,
      topic: type,
      key: id,
      endpoint: name,
      requestId: request.id,
      body: JSON.stringify(payload),
    }));
  await putNotices(context, writing, notices);
}

/** The id of a change, the same for all receivers and at each attempt: the header `webhook-id`. */
export function eventId(requestId: string, { name, etag }: Pick<SavedCustomer, "name" | "etag">): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([requestId, name, etag]))
    .digest("hex");
  return `evt_${hash.slice(0, 32)}`;
}

function typeOf(kind: RequestKind, status: string): WebhookEvent {
  if (status === "deleted") return "tenant.deleted";
  if (status === "released") return "tenant.released";
  if (kind === "createCustomer" || kind === "adopt") return "tenant.ready";
  return kind === "deprecate" ? "tenant.deprecated" : "tenant.changed";
}
