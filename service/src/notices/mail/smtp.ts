import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";

import { createTransport } from "nodemailer";
import { z } from "zod";

import type { MailSettings } from "../../settings/notices";
import { SettingsError } from "../../settings/read";
import type { Outcome } from "../outbox";
import type { Topic } from "../topics";
import type { Words } from "./words";

/** A mail with its envelope. */
export interface Mail extends Words {
  topic: Topic;
  /** The same at each attempt, so that a mail received twice is displayed once. */
  messageId: string;
  to: string;
  /** Groups the mails about one subject in a mail program. */
  thread?: string;
}

/** Sends mail. */
export interface Mailer {
  send(mail: Mail): Promise<Outcome>;
  close(): void;
}

/** One address, and nothing that a server could take for two, or for a header. */
const addressSchema = z.email().max(254);

/** How long the server may be silent, in milliseconds. */
const patienceMs = 10_000;

/**
 * Prepares the connection to the SMTP server, which is opened for the first mail.
 *
 * @throws {@link SettingsError} if the file of certificates cannot be read, or contains none
 */
export function openMailer(settings: MailSettings, password: string | undefined): Mailer {
  const { host, port, encryption, user, from, caFile } = settings;
  const transport = createTransport({
    host,
    port,
    secure: encryption === "tls",
    requireTLS: encryption === "startTls",
    ignoreTLS: encryption === "none",
    tls: { minVersion: "TLSv1.2", ...(caFile === undefined ? {} : { ca: readCertificates(caFile) }) },
    ...(user === undefined ? {} : { auth: { user, pass: password ?? "" } }),
    connectionTimeout: patienceMs,
    greetingTimeout: patienceMs,
    socketTimeout: 2 * patienceMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    logger: false,
  });
  const sender = addressIn(from);
  return {
    send: async ({ topic, to, subject, text, messageId, thread }) => {
      if (!addressSchema.safeParse(to).success) return { how: "refused", problem: "noAddress" };
      try {
        await transport.sendMail({
          from,
          to: { name: "", address: to },
          // Only the envelope decides who gets it; headers do not.
          envelope: { from: sender, to: [to] },
          subject,
          text,
          messageId,
          ...(thread === undefined ? {} : { references: thread }),
          headers: {
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            "X-Tenants-Topic": topic,
          },
        });
        return { how: "sent" };
      } catch (error) {
        return outcomeOf(error);
      }
    },
    close: () => {
      transport.close();
    },
  };
}

function readCertificates(file: string): string {
  try {
    const text = readFileSync(file, "utf8");
    new X509Certificate(text);
    return text;
  } catch (error) {
    throw new SettingsError(`mail.caFile: ${file} must hold certificates as PEM.`, { cause: error });
  }
}

function addressIn(from: string): string {
  return /<([^<>]+)>$/.exec(from)?.[1] ?? from;
}

/** The server's text may contain an address: only its codes are kept. */
function outcomeOf(error: unknown): Outcome {
  const { code, responseCode } = error as { code?: string; responseCode?: number };
  const problem = [code ?? "unknown", responseCode].filter((part) => part !== undefined).join(" ");
  const isOfMessage = code === "EENVELOPE" || code === "EMESSAGE";
  if (isOfMessage && responseCode !== undefined && responseCode >= 500) return { how: "refused", problem };
  return { how: "later", problem, isDown: !isOfMessage };
}
