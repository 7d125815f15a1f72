import { strict as assert } from "node:assert";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";

import { type Mailer, openMailer } from "resistant-tenants-service/notices/mail/smtp";
import type { MailSettings } from "resistant-tenants-service/settings/notices";
import { SettingsError } from "resistant-tenants-service/settings/read";
import { SMTPServer } from "smtp-server";

import { makeCertificate, type OwnCertificate } from "../../support/tls";
import { mailSettings } from "./notices";

const mail = {
  topic: "done",
  to: "anna@example.com",
  subject: "A subject",
  text: "A text",
  messageId: "<1@example.com>",
} as const;

const user = "tenants";
const password = "only-for-tests";

/** A mail server with TLS, and what it has got. */
interface TlsServer {
  port: number;
  /** Whether each mail came over TLS, and as whom. */
  taken: { secure: boolean; user: unknown }[];
  close: () => Promise<void>;
}

async function startServer(
  { cert, key }: OwnCertificate,
  options: { secure?: boolean; withoutStartTls?: boolean },
): Promise<TlsServer> {
  const taken: TlsServer["taken"] = [];
  const server = new SMTPServer({
    cert,
    key,
    secure: options.secure ?? false,
    disabledCommands: options.withoutStartTls === true ? ["STARTTLS"] : [],
    logger: false,
    onAuth(auth, _session, callback) {
      if (auth.username === user && auth.password === password) callback(null, { user });
      else callback(new Error("Wrong password"));
    },
    onData(stream, session, callback) {
      stream.resume();
      stream.on("end", () => {
        taken.push({ secure: session.secure, user: session.user });
        callback();
      });
    },
  });
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.server.address() as AddressInfo).port,
    taken,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      }),
  };
}

describe("the service's mail over TLS", () => {
  let folder: string;
  let own: OwnCertificate;
  let others: OwnCertificate;
  let elsewhere: OwnCertificate;
  const open: (TlsServer | Mailer)[] = [];

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "smtp-"));
    const make = async (name: string, host: string): Promise<OwnCertificate> => {
      await mkdir(path.join(folder, name));
      return makeCertificate(path.join(folder, name), [host]);
    };
    own = await make("own", "localhost");
    others = await make("others", "localhost");
    elsewhere = await make("elsewhere", "mail.example.com");
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function serve(
    certificate: OwnCertificate,
    options: Parameters<typeof startServer>[1] = {},
  ): Promise<TlsServer> {
    const server = await startServer(certificate, options);
    open.push(server);
    return server;
  }

  function mailer(port: number, more: Partial<MailSettings>): Mailer {
    const settings = mailSettings(port, { host: "localhost", user, encryption: "startTls", ...more });
    const opened = openMailer(settings, password);
    open.push(opened);
    return opened;
  }

  it("is sent by STARTTLS, and by TLS from the start, to a server whose certificate an authority of the settings signed", async () => {
    const [startTls, implicit] = [await serve(own), await serve(own, { secure: true })];
    const caFile = own.file;
    assert.deepEqual(await mailer(startTls.port, { caFile }).send(mail), { how: "sent" });
    assert.deepEqual(await mailer(implicit.port, { caFile, encryption: "tls" }).send(mail), { how: "sent" });
    for (const { taken } of [startTls, implicit]) assert.deepEqual(taken, [{ secure: true, user }]);
  });

  it("is not sent if the certificate is of an unknown authority, of another one, or for another host", async () => {
    const encryptions = ["startTls", "tls"] as const;
    for (const encryption of encryptions) {
      const secure = encryption === "tls";
      const [known, foreign] = [await serve(own, { secure }), await serve(elsewhere, { secure })];
      for (const [server, caFile] of [
        [known, undefined],
        [known, others.file],
        [foreign, elsewhere.file],
      ] as const) {
        const outcome = await mailer(server.port, {
          encryption,
          ...(caFile === undefined ? {} : { caFile }),
        }).send(mail);
        assert.equal(outcome.how, "later", `${encryption} ${caFile ?? ""}`);
        assert.deepEqual(server.taken, []);
      }
    }
  });

  it("is not sent in plain text if the server, or someone on the way, offers no STARTTLS", async () => {
    const server = await serve(own, { withoutStartTls: true });
    const outcome = await mailer(server.port, { caFile: own.file }).send(mail);
    assert.equal(outcome.how, "later");
    assert.deepEqual(server.taken, []);
  });

  it("is refused in the settings with a file that contains no certificate", () => {
    for (const caFile of [path.join(folder, "none.pem"), path.join(folder, "own", "ca-key.pem")])
      assert.throws(() => openMailer(mailSettings(25, { caFile }), undefined), SettingsError);
  });
});
