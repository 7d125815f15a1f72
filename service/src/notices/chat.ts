import type { ServiceContext } from "../context";
import type { RequestRow, Writing } from "../records/schema";
import { kindWords, type RequestKind } from "../requests/request";
import { putNotices } from "./outbox";
import { endpointOfChat } from "./webhook/secrets";

/**
 * Queues messages to the chat channels about a plan that waits for approval: a short description and the
 * link. It omits requester and reason, because a channel has other readers than a request. No one approves in
 * the chat: the link leads to the plan, and to the log-in.
 *
 * @param digest - Of the plan: the same plan, made again, is announced once.
 */
export async function tellChats(
  context: Pick<ServiceContext, "now" | "seals" | "settings">,
  writing: Writing,
  { id, kind, stage, customer }: RequestRow,
  digest: string,
): Promise<void> {
  const { chats, url } = context.settings;
  const what = `${kindWords[kind as RequestKind]}${customer === null ? "" : ` ${customer}`}`;
  const text = `${stage}: “${what}” waits for approval. Read the plan and decide: ${url.replace(/\/$/, "")}/requests/${id}`;
  const told = chats.filter(({ stages }) => stages?.some((one) => one === stage) ?? true);
  await putNotices(
    context,
    writing,
    told.map((chat) => ({
      channel: "webhook",
      topic: "needsApproval",
      key: `chat_${id} needsApproval ${digest}`,
      endpoint: endpointOfChat(chat),
      requestId: id,
      // The format of Slack, Mattermost, Rocket.Chat and Google Chat.
      body: JSON.stringify({ text }),
    })),
  );
}
