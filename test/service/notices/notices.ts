import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import type { ServiceContext } from "resistant-tenants-service/context";
import { openMailer } from "resistant-tenants-service/notices/mail/smtp";
import type { Notice } from "resistant-tenants-service/notices/outbox";
import { NoticeSender, type SenderOptions } from "resistant-tenants-service/notices/sender";
import { mailSchema, type MailSettings } from "resistant-tenants-service/settings/notices";

import {
  type MailReceiver,
  type MailReceiverOptions,
  startMailReceiver,
} from "../../../sandbox/service/mail";
import { type DatabaseServer, makeService, type TestRules, type TestService } from "../records/service";

/** A mail as the SMTP server got it. */
export interface Received {
  to: string;
  headers: Readonly<Record<string, string>>;
  /** The header as it was sent, and the text with its transfer encoding undone. */
  head: string;
  text: string;
}

/** A service whose mails go to a real SMTP server. */
export interface MailedService extends TestService {
  readonly receiver: MailReceiver;
  readonly sender: NoticeSender;
  /** The attempts, in their order. */
  readonly attempts: { notice: Notice; how: string }[];
  /** Sends what is due, and gives the mails that came since the last time. */
  readonly mails: () => Promise<Received[]>;
  /** Makes another sender, as another worker has it. */
  readonly newSender: (options?: Partial<SenderOptions>) => NoticeSender;
}

export function mailSettings(port: number, more: Partial<MailSettings> = {}): MailSettings {
  return mailSchema.parse({
    host: "127.0.0.1",
    port,
    encryption: "none",
    from: "Tenants <tenants@example.com>",
    ...more,
  });
}

export async function makeMailedService(
  server: DatabaseServer,
  {
    rules,
    mail,
    refuse,
  }: { rules?: TestRules; mail?: Partial<MailSettings>; refuse?: MailReceiverOptions["refuse"] } = {},
): Promise<MailedService> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "mails-"));
  const receiver = await startMailReceiver(folder, refuse === undefined ? {} : { refuse });
  const service = await makeService(server, rules === undefined ? {} : { rules });
  const settings = { ...service.context.settings, mail: mailSettings(receiver.port, mail) };
  // The use cases of the test get what the service's get.
  Object.assign(service.context, { settings });
  const context: ServiceContext = service.context;
  const attempts: { notice: Notice; how: string }[] = [];
  const newSender = (options: Partial<SenderOptions> = {}): NoticeSender =>
    new NoticeSender({
      context,
      mailer: openMailer(settings.mail, undefined),
      endpoints: [],
      onAttempt: (notice, how) => attempts.push({ notice, how }),
      onProblem: (what, error) => {
        throw new Error(what, { cause: error });
      },
      ...options,
    });
  const sender = newSender();
  const seen = new Set<string>();
  return {
    ...service,
    receiver,
    sender,
    attempts,
    newSender,
    mails: async () => {
      await sender.sendDue("mail");
      const files = (await readdir(folder)).sort().filter((file) => !seen.has(file));
      for (const file of files) seen.add(file);
      const mails = await Promise.all(files.map((file) => readMail(path.join(folder, file))));
      return mails.sort((one, other) => one.to.localeCompare(other.to));
    },
    close: async () => {
      await sender.close();
      await service.close();
      await receiver.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function readMail(file: string): Promise<Received> {
  const raw = await readFile(file, "utf8");
  const at = raw.indexOf("\r\n\r\n");
  const head = raw.slice(0, at);
  const unfolded = head.replace(/\r\n[ \t]+/g, " ").split("\r\n");
  const headers = Object.fromEntries(
    unfolded.map((line) => {
      const [name = "", ...value] = line.split(": ");
      return [name.toLowerCase(), value.join(": ")];
    }),
  );
  const to = /^\d+ (.*)\.eml$/.exec(path.basename(file))?.[1] ?? "";
  return { to, headers, head, text: decode(raw.slice(at + 4), headers["content-transfer-encoding"]) };
}

function decode(body: string, encoding = "7bit"): string {
  const plain =
    encoding === "base64"
      ? Buffer.from(body, "base64").toString("utf8")
      : encoding === "quoted-printable"
        ? Buffer.from(
            body
              .replace(/=\r\n/g, "")
              .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
            "latin1",
          ).toString("utf8")
        : body;
  return plain.replaceAll("\r\n", "\n");
}
