import { mkdir, readdir, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import path from "node:path";

import { SMTPServer } from "smtp-server";

/** An SMTP server on loopback that stores the mails it receives. */
export interface MailReceiver {
  readonly port: number;
  /** The folder of the mails, one file each: `0001 anna@example.com.eml`. */
  readonly folder: string;
  readonly close: () => Promise<void>;
}

/** The behaviour of the server in a test. */
export interface MailReceiverOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Returns the error with which a recipient is refused; undefined to accept the mail. */
  readonly refuse?: (address: string) => Error | undefined;
}

/** Starts an SMTP server that accepts every mail, and writes it to a folder. Nothing leaves this machine. */
export async function startMailReceiver(
  folder: string,
  { port = 0, refuse }: MailReceiverOptions = {},
): Promise<MailReceiver> {
  await mkdir(folder, { recursive: true });
  let count = (await readdir(folder)).length;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["AUTH", "STARTTLS"],
    logger: false,
    onRcptTo({ address }, _session, callback) {
      callback(refuse?.(address));
    },
    onData(stream, { envelope }, callback) {
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", () => {
        const to = envelope.rcptTo.map(({ address }) => address).join(" ");
        const name = `${String(++count).padStart(4, "0")} ${to.replace(/[^\w@.+ -]/g, "_").slice(0, 100)}.eml`;
        writeFile(path.join(folder, name), Buffer.concat(parts), { mode: 0o600 }).then(
          () => {
            callback();
          },
          (error: unknown) => {
            callback(error instanceof Error ? error : new Error("The mail was not written."));
          },
        );
      });
    },
  });
  // A client that disconnects in the middle of a mail is no error.
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const { port: chosen } = server.server.address() as AddressInfo;
  return {
    port: chosen,
    folder,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      }),
  };
}
