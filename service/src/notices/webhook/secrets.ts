import { readFile } from "node:fs/promises";

import { Webhook } from "standardwebhooks";

import { isSafe } from "../../settings/loopback";
import type { ChatSettings } from "../../settings/notices";
import { SettingsError } from "../../settings/read";
import type { ServiceSettings } from "../../settings/settings";
import type { Endpoint } from "./deliver";

/**
 * Reads the signing secrets of webhooks, and the addresses of chat channels, from the worker's environment or
 * from files.
 *
 * @throws {@link SettingsError} naming what is missing, never a secret
 */
export async function openEndpoints(
  { webhooks, chats }: Pick<ServiceSettings, "webhooks" | "chats">,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Endpoint[]> {
  const opened = await Promise.all(
    webhooks.map(async (webhook) => {
      const { name, secretEnv, secretFile } = webhook;
      const where = secretEnv ?? secretFile ?? "";
      const text = secretEnv === undefined ? await read(where) : environment[secretEnv];
      const secrets = (text ?? "").split(/\s+/).filter((part) => part !== "");
      if (secrets.length === 0)
        throw new SettingsError(`webhooks: ${name} has no signing secret: ${where} is missing or empty.`);
      for (const secret of secrets) insistOnSecret(secret, name, where);
      return { ...webhook, secrets };
    }),
  );
  return [...opened, ...chats.map((chat) => openChat(chat, environment[chat.urlEnv]))];
}

/** Returns the name of a chat channel in the outbox. */
export function endpointOfChat({ name }: Pick<ChatSettings, "name">): string {
  return `chat:${name}`;
}

/** Anyone who has the address of an incoming webhook can post there, so no message contains it. */
function openChat(chat: ChatSettings, address: string | undefined): Endpoint {
  const { name, urlEnv, allowPrivateAddresses } = chat;
  const url = address?.trim() ?? "";
  if (!URL.canParse(url) || !isSafe(new URL(url)))
    throw new SettingsError(`chats: ${name}: ${urlEnv} must hold the address of an incoming webhook: https.`);
  return { name: endpointOfChat(chat), url, allowPrivateAddresses, secrets: [] };
}

async function read(file: string): Promise<string | undefined> {
  return await readFile(file, "utf8").catch(() => undefined);
}

/** At least 24 bytes, as Standard Webhooks requires. */
const leastBytes = 24;

function insistOnSecret(secret: string, name: string, where: string): void {
  const bytes = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const isSecret = secret.startsWith("whsec_") && bytes.length >= leastBytes && isUsable(secret);
  if (!isSecret)
    throw new SettingsError(
      `webhooks: ${name}: ${where} must contain whsec_ and at least ${leastBytes} random bytes in base64.`,
    );
}

function isUsable(secret: string): boolean {
  try {
    new Webhook(secret);
    return true;
  } catch {
    return false;
  }
}
