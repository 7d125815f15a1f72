import { createHmac, timingSafeEqual } from "node:crypto";

/** A receiver of messages: a webhook with its signing secrets, or a chat, whose address is the secret. */
export interface Receiver {
  name: string;
  url: string;
  secrets: readonly string[];
}

/** The sealed parts of a message in the outbox: its receiver, its key in the outbox, and its content. */
export interface Sealed {
  endpoint: string;
  key: string;
  body: string;
}

/**
 * Seals the messages to webhooks and chats. The key is the receiver's own secret, which only the worker has: someone
 * who has only the database cannot make the service sign a message of their own, such as another ARN for a CRM.
 */
export interface NoticeSeals {
  /** @returns undefined if the settings have no such receiver */
  seal(message: Sealed): string | undefined;
  /** Returns whether a message matches its seal, by any of the receiver's secrets. */
  holds(message: Sealed, seal: string | null): boolean;
}

/** Opens the seals of the receivers in the settings. */
export function openSeals(endpoints: readonly Receiver[]): NoticeSeals {
  const keysOf = (name: string): readonly string[] => {
    const endpoint = endpoints.find((one) => one.name === name);
    if (endpoint === undefined) return [];
    // A chat's address is its secret.
    return endpoint.secrets.length > 0 ? endpoint.secrets : [endpoint.url];
  };
  return {
    seal: (message) => {
      const [key] = keysOf(message.endpoint);
      return key === undefined ? undefined : sealBy(key, message).toString("base64url");
    },
    holds: (message, seal) => {
      const given = Buffer.from(seal ?? "", "base64url");
      return keysOf(message.endpoint).some((key) => {
        const expected = sealBy(key, message);
        return expected.length === given.length && timingSafeEqual(expected, given);
      });
    },
  };
}

function sealBy(secret: string, { endpoint, key, body }: Sealed): Buffer {
  return createHmac("sha256", secret)
    .update(JSON.stringify(["resistant-tenants outbox", endpoint, key, body]))
    .digest();
}
