import { strict as assert } from "node:assert";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { applied, applyStarted } from "resistant-tenants-service/actions/applied";
import { type Lookup, objectionToAddress } from "resistant-tenants-service/notices/webhook/address";
import { deliver, type Endpoint } from "resistant-tenants-service/notices/webhook/deliver";
import { openEndpoints } from "resistant-tenants-service/notices/webhook/secrets";
import { chatSchema, webhookSchema, type WebhookSettings } from "resistant-tenants-service/settings/notices";
import { SettingsError } from "resistant-tenants-service/settings/read";
import { openSeals } from "resistant-tenants-service/signing/notice-seal";
import { Webhook } from "standardwebhooks";

import { mentions } from "../../support/mentions";
import { decideAs, eventsOf, waitForApproval } from "../records/approvals";
import { recordOf, saveCustomer } from "../records/customer";
import { newCustomer, useDatabaseServer } from "../records/service";
import { type MailedService, makeMailedService } from "./notices";
import { type Receiver, startReceiver } from "./receiver";

const secretOf = (letter: string): string => `whsec_${Buffer.from(letter.repeat(32)).toString("base64")}`;
const [secret, newSecret] = [secretOf("a"), secretOf("b")] as const;

function settingsOf(url: string, name = "crm"): WebhookSettings {
  return webhookSchema.parse({ name, url, secretEnv: "SERVICE_WEBHOOK_CRM", allowPrivateAddresses: true });
}

function endpoint(url: string, more: Partial<Endpoint> = {}): Endpoint {
  return { ...settingsOf(url), secrets: [secret], ...more };
}

const message = { id: "evt_1", body: JSON.stringify({ type: "tenant.ready" }) };
const now = (): Date => new Date();

describe("a webhook", () => {
  let receiver: Receiver;
  beforeEach(async () => {
    receiver = await startReceiver();
  });
  afterEach(() => receiver.close());

  describe("of a customer", () => {
    const server = useDatabaseServer();
    let service: MailedService;
    beforeEach(async () => {
      service = await makeMailedService(server());
      Object.assign(service.context.settings, { webhooks: [settingsOf(receiver.url)] });
      service.context.seals = openSeals([endpoint(receiver.url)]);
    });
    afterEach(() => service.close());

    const sender = (endpoints = [endpoint(receiver.url)]) => service.newSender({ endpoints });

    it("reports that it is ready, signed according to Standard Webhooks, with the record's data and nothing else", async () => {
      const requester = await service.addPerson({});
      const { requestId, etag } = await saveCustomer(service, requester, "acme");
      await sender().sendDue("webhook");
      const [call, ...more] = receiver.calls;
      assert.ok(call);
      assert.deepEqual(more, []);
      const payload = new Webhook(secret).verify(call.body, call.headers) as {
        type: string;
        data: Record<string, unknown>;
      };
      const { type, data } = payload;
      assert.equal(type, "tenant.ready");
      const { applications, ...rest } = data;
      assert.deepEqual(rest, {
        tenantId: "tenant-production-acme",
        name: "acme",
        customerId: "crm-acme",
        stage: "production",
        cells: ["eu-1"],
        webUiUrls: { "eu-1": "https://acme.example" },
        ssoClaims: { readOnly: "ro", readWrite: "rw" },
        createdAt: "2026-11-26T12:00:00.000Z",
        status: "active",
        etag,
        requestId,
        kind: "createCustomer",
      });
      assert.deepEqual(Object.keys((applications as object[])[0] ?? {}).sort(), [
        "applicationId",
        "authMethod",
        "cell",
        "clientId",
        "createdAt",
        "purpose",
        "secretArn",
      ]);
      // Another's secret, and another body, do not verify.
      assert.throws(() => new Webhook(newSecret).verify(call.body, call.headers));
      assert.throws(() => new Webhook(secret).verify(call.body.replace("acme", "evil"), call.headers));
      await sender().sendDue("webhook");
      assert.equal(receiver.calls.length, 1);
    });

    it("contains no credential, even if the record in the database does", async () => {
      const requester = await service.addPerson({});
      const waiting = await waitForApproval(service, requester, {
        kind: "createCustomer",
        stage: "production",
        reason: "canary-reason",
        customer: { name: "canary", customerId: "crm", cells: ["eu-1"] },
      });
      const approver = await service.addPerson({ roles: ["approver"] });
      await decideAs(service, approver, waiting);
      await applyStarted(service.context, waiting.requestId, waiting.digest);
      const record = recordOf("canary", "production");
      const [application] = record.applications;
      await applied(service.context, waiting.requestId, {
        entry: { name: "canary" },
        record: {
          ...record,
          clientSecret: "canary-secret",
          applications: [{ ...application, clientSecret: "canary-secret", privateKeyPem: "canary-secret" }],
        } as never,
      });
      const [row] = await service.database.asOwner<{ record: unknown }>("select record from customers");
      assert.match(JSON.stringify(row), /canary-secret/);
      await sender().sendDue("webhook");
      assert.equal(receiver.calls.length, 1);
      const everything = JSON.stringify([receiver.calls, await service.mails()]);
      assert.doesNotMatch(everything, /canary-secret|canary-reason.*evt_|whsec_/);
      const notices = await service.database.asOwner("select * from notices");
      assert.doesNotMatch(JSON.stringify(notices), /canary-secret|whsec_/);
    });

    it("gets nothing that the database's owner has written: another body, another receiver, or an invented message", async () => {
      const { asOwner } = service.database;
      const other = endpoint(receiver.url, { name: "other", secrets: [newSecret] });
      const both = [endpoint(receiver.url), other];
      const requester = await service.addPerson({});
      const forgeries = [
        `update notices set body = replace(body, 'arn:aws:', 'arn:evil:') where endpoint is not null`,
        `update notices set endpoint = 'other' where endpoint is not null`,
        `update notices set key = replace(key, 'evt_', 'evt_other') where endpoint is not null`,
        `update notices set seal = null where endpoint is not null`,
        `insert into notices (id, channel, topic, key, endpoint, body, state, attempts, due_at, created_at)
         select gen_random_uuid(), 'webhook', 'tenant.ready', 'webhook evt_made crm', 'crm', body, 'waiting', 0, due_at, created_at
         from notices where endpoint is not null limit 1`,
      ];
      for (const [n, forgery] of forgeries.entries()) {
        await saveCustomer(service, requester, `acme${n}`);
        await asOwner(forgery);
        const sent = receiver.calls.length;
        await sender(both).sendDue("webhook");
        // Beside a message that was made up, the true one is sent.
        const isBeside = forgery.startsWith("insert");
        assert.equal(receiver.calls.length - sent, isBeside ? 1 : 0, forgery);
        const undelivered = await eventsOf(service, "noticeNotDelivered");
        assert.deepEqual(
          [undelivered.length, undelivered.at(-1)?.["problem"]],
          [n + 1, "notSealed"],
          forgery,
        );
        await asOwner("delete from notices");
      }
    });

    it("is retried over hours under the same id, with a new time, and is given up in the end, on record", async () => {
      const requester = await service.addPerson({});
      receiver.answers.push(500, { redirect: `${receiver.url}/elsewhere` }, 429);
      await saveCustomer(service, requester, "acme");
      const one = sender();
      await one.sendDue("webhook");
      await one.sendDue("webhook");
      assert.equal(receiver.calls.length, 1);
      for (const minutes of [1, 6, 31]) {
        service.later(minutes * 60_000);
        await one.sendDue("webhook");
      }
      assert.deepEqual(
        receiver.calls.map(({ path: called }) => called),
        Array(4).fill("/hook"),
      );
      const ids = receiver.calls.map(({ headers }) => headers["webhook-id"]);
      assert.equal(new Set(ids).size, 1);
      assert.match(ids[0] ?? "", /^evt_[0-9a-f]{32}$/);
      assert.equal(new Set(receiver.calls.map(({ body }) => body)).size, 1);
      assert.equal(new Set(receiver.calls.map(({ headers }) => headers["webhook-timestamp"])).size, 4);

      receiver.answers.push(...Array<number>(20).fill(503));
      await saveCustomer(service, requester, "other");
      for (let hour = 0; hour < 100; hour++) {
        service.later(3_600_000);
        await one.sendDue("webhook");
      }
      const count = receiver.calls.filter(({ body }) => body.includes("other")).length;
      assert.equal(count, 10);
      const [event] = await eventsOf(service, "noticeNotDelivered");
      assert.deepEqual([event?.["webhook"], event?.["problem"]], ["crm", "503"]);
    });

    it("gets no message of any kind for as long as it asks for with Retry-After", async () => {
      const requester = await service.addPerson({});
      const one = sender();
      const hourMs = 3_600_000;
      receiver.answers.push({ status: 429, retryAfter: "7200", date: new Date().toUTCString() });
      await saveCustomer(service, requester, "acme");
      await one.sendDue("webhook");
      await saveCustomer(service, requester, "other");
      service.later(1.9 * hourMs);
      await one.sendDue("webhook");
      assert.equal(receiver.calls.length, 1);
      service.later(0.2 * hourMs);
      await one.sendDue("webhook");
      assert.equal(receiver.calls.length, 3);
    });

    it("of a chat gets a message about a plan that waits in its stage: what it is, and the link; no name, no reason, no plan", async () => {
      const chat = { name: "approvers", urlEnv: "SERVICE_WEBHOOK_CHAT", allowPrivateAddresses: true };
      const chats = [chat, { ...chat, name: "testers", stages: ["testing"] }];
      Object.assign(service.context.settings, {
        webhooks: [],
        chats: chats.map((one) => chatSchema.parse(one)),
      });
      const environment = { SERVICE_WEBHOOK_CHAT: receiver.url };
      const { settings } = service.context;
      const opened = await openEndpoints(settings, environment);
      service.context.seals = openSeals(opened);
      const requester = await service.addPerson({ name: "canary-name" });
      const { requestId } = await waitForApproval(service, requester, {
        ...newCustomer("acme"),
        reason: "canary-reason <!channel>",
      });
      await sender(opened).sendDue("webhook");
      assert.equal(receiver.calls.length, 1);
      const { text, ...more } = JSON.parse(receiver.calls[0]?.body ?? "") as { text: string };
      assert.deepEqual(more, {});
      mentions(text, "production", "acme", `http://127.0.0.1:1/requests/${requestId}`);
      assert.doesNotMatch(text, /canary|<!channel>/);
      assert.equal(receiver.calls[0]?.headers["webhook-signature"], undefined);
      for (const wrong of [undefined, "", "http://chat.example/canary", "canary"])
        await assert.rejects(openEndpoints(settings, { SERVICE_WEBHOOK_CHAT: wrong }), (error) => {
          return error instanceof SettingsError && !error.message.includes("canary");
        });
    });

    it("that does not answer keeps no other one waiting; a webhook that is no longer in the settings is given up", async () => {
      const silent = await startReceiver();
      const settings = settingsOf(silent.url, "silent");
      Object.assign(service.context.settings, {
        webhooks: [settings, ...service.context.settings.webhooks, { ...settings, name: "gone" }],
      });
      const requester = await service.addPerson({});
      silent.answers.push("silence", "silence", "silence");
      const both = [endpoint(silent.url, { name: "silent" }), endpoint(receiver.url)];
      service.context.seals = openSeals(both);
      for (const name of ["one", "two", "three"]) await saveCustomer(service, requester, name);
      const call: typeof deliver = (to, sent, options) => deliver(to, sent, { ...options, timeoutMs: 300 });
      await service.newSender({ endpoints: both, call }).sendDue("webhook");
      assert.equal(silent.calls.length, 1);
      assert.equal(receiver.calls.length, 3);
      assert.deepEqual(
        (await eventsOf(service, "noticeNotDelivered")).map((event) => [event["webhook"], event["problem"]]),
        Array(3).fill(["gone", "notInTheSettings"]),
      );
      await silent.close();
    });

    it("reports only what it is configured to, and what a later request has done", async () => {
      Object.assign(service.context.settings, {
        webhooks: service.context.settings.webhooks.map((one) => ({ ...one, events: ["tenant.deleted"] })),
      });
      const requester = await service.addPerson({});
      const { etag } = await saveCustomer(service, requester, "acme");
      const waiting = await waitForApproval(service, requester, {
        kind: "delete",
        stage: "production",
        reason: "It has ended.",
        basedOn: etag,
        customer: { name: "acme" },
      });
      const approver = await service.addPerson({ roles: ["approver"] });
      await decideAs(service, approver, waiting);
      await applyStarted(service.context, waiting.requestId, waiting.digest);
      await applied(service.context, waiting.requestId, { entry: null, record: null });
      await sender().sendDue("webhook");
      assert.equal(receiver.calls.length, 1);
      const { type, data } = JSON.parse(receiver.calls[0]?.body ?? "") as {
        type: string;
        data: { status: string };
      };
      assert.deepEqual([type, data.status], ["tenant.deleted", "deleted"]);
    });

    it("reports nothing if only the record of a handed-over customer is deleted: its tenant continues to exist", async () => {
      const requester = await service.addPerson({});
      const { etag } = await saveCustomer(service, requester, "acme");
      await service.database.asOwner("update customers set status = 'released' where name = 'acme'");
      const waiting = await waitForApproval(service, requester, {
        kind: "delete",
        stage: "production",
        reason: "It was handed over.",
        basedOn: etag,
        customer: { name: "acme" },
      });
      await decideAs(service, await service.addPerson({ roles: ["approver"] }), waiting);
      await applyStarted(service.context, waiting.requestId, waiting.digest);
      await applied(service.context, waiting.requestId, { entry: null, record: null });
      await sender().sendDue("webhook");
      assert.deepEqual(
        receiver.calls.map(({ body }) => (JSON.parse(body) as { type: string }).type),
        ["tenant.ready"],
      );
    });
  });

  it("follows no redirect, and counts only 2xx as received", async () => {
    const elsewhere = await startReceiver();
    for (const status of [200, 204, 299]) {
      receiver.answers.push(status);
      assert.deepEqual(await deliver(endpoint(receiver.url), message, { now }), { how: "sent" });
    }
    receiver.answers.push({ redirect: elsewhere.url }, 404, 410);
    for (const problem of ["302", "404", "410"]) {
      const outcome = await deliver(endpoint(receiver.url), message, { now });
      assert.equal("problem" in outcome && outcome.problem, problem);
    }
    assert.deepEqual(elsewhere.calls, []);
    await elsewhere.close();
  });

  it("waits as long as asked to, in seconds or until a date, and never longer than a day", async () => {
    const at = new Date("2026-11-26T12:00:00Z");
    const waits: [number, string, number | undefined][] = [
      [429, "120", 120_000],
      [503, "Thu, 26 Nov 2026 13:00:00 GMT", 3_600_000],
      [503, "9999999", 24 * 3_600_000],
      ...["-5", "soon", "0", "Thu, 26 Nov 2026 11:00:00 GMT"].map((text): [number, string, undefined] => [
        429,
        text,
        undefined,
      ]),
      [500, "120", undefined],
    ];
    for (const [status, retryAfter, afterMs] of waits) {
      receiver.answers.push({ status, retryAfter, date: at.toUTCString() });
      const outcome = await deliver(endpoint(receiver.url), message, { now: () => at });
      assert.deepEqual("afterMs" in outcome ? outcome.afterMs : undefined, afterMs, retryAfter);
    }
  });

  it("is called without the environment's proxy, which could reach forbidden addresses", async () => {
    const proxy = await startReceiver();
    const names = ["HTTP_PROXY", "http_proxy", "NODE_USE_ENV_PROXY"] as const;
    const before = names.map((name) => process.env[name]);
    try {
      for (const name of names) process.env[name] = name === "NODE_USE_ENV_PROXY" ? "1" : proxy.url;
      assert.deepEqual(await deliver(endpoint(receiver.url), message, { now }), { how: "sent" });
    } finally {
      names.forEach((name, index) => {
        if (before[index] === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = before[index];
      });
      await proxy.close();
    }
    assert.deepEqual([receiver.calls.length, proxy.calls.length], [1, 0]);
  });

  it("calls no address of this machine, of a private network, or of a cloud's metadata, in any form", async () => {
    const refused = [
      ...["127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254"],
      ...["0.0.0.0", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1", "168.63.129.16"],
      ...["::", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::127.0.0.1", "::a00:1"],
      ...["64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001:0:1::", "fe80::1", "fc00::1"],
      ...["fd00:ec2::254", "ff02::1", "2001:db8::1", "fec0::1", "4000::1", "not an address", ""],
    ];
    for (const address of refused) assert.notEqual(objectionToAddress(address, false), undefined, address);
    for (const address of ["93.184.215.14", "2606:4700::1111", "::ffff:93.184.215.14"])
      assert.equal(objectionToAddress(address, false), undefined, address);
    for (const address of ["127.0.0.1", "::1", "10.0.0.1", "fc00::1", "::ffff:127.0.0.1", "100.64.0.1"])
      assert.equal(objectionToAddress(address, true), undefined, address);
    for (const address of [
      "169.254.169.254",
      "fd00:ec2::254",
      "::ffff:169.254.169.254",
      "168.63.129.16",
      "fe80::1",
      "0.0.0.0",
    ])
      assert.notEqual(objectionToAddress(address, true), undefined, address);

    const isRefused = { how: "later", problem: "ADDRESS_REFUSED", isDown: true };
    for (const host of ["127.0.0.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "[::1]", "localhost"]) {
      const to = endpoint(receiver.url, {
        url: `http://${host}:${receiver.port}/`,
        allowPrivateAddresses: false,
      });
      assert.deepEqual(await deliver(to, message, { now }), isRefused, host);
    }
    assert.deepEqual(receiver.calls, []);
  });

  it("is not led elsewhere by a name that resolves differently a moment later, or to several addresses", async () => {
    const answers: string[][] = [
      ["93.184.215.14", "127.0.0.1"],
      ["10.0.0.1"],
      ["::ffff:127.0.0.1"],
      ["169.254.169.254"],
    ];
    let lookups = 0;
    const lookup: Lookup = (_name, _options, callback) => {
      lookups++;
      callback(
        null,
        (answers.shift() ?? ["127.0.0.1"]).map((address) => ({
          address,
          family: address.includes(":") ? 6 : 4,
        })),
      );
    };
    const url = `http://crm.example:${receiver.port}/hook`;
    for (let attempt = 1; attempt <= 5; attempt++) {
      const outcome = await deliver(endpoint(receiver.url, { url, allowPrivateAddresses: false }), message, {
        now,
        lookup,
      });
      assert.equal("problem" in outcome && outcome.problem, "ADDRESS_REFUSED", String(attempt));
    }
    assert.equal(receiver.calls.length, 0);
    assert.equal(lookups, 5);
    // Where it is allowed, it is looked up once, and just that address is connected to.
    let asked = 0;
    const rebinding: Lookup = (_name, _options, callback) => {
      callback(null, [{ address: asked++ === 0 ? "127.0.0.1" : "169.254.169.254", family: 4 }]);
    };
    assert.deepEqual(await deliver(endpoint(receiver.url, { url }), message, { now, lookup: rebinding }), {
      how: "sent",
    });
    assert.equal(asked, 1);
    assert.equal(receiver.calls[0]?.headers["host"], `crm.example:${receiver.port}`);
  });

  it("is signed by each of two secrets while one is replaced; secrets come from the environment or a file, and are checked", async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "webhook-"));
    const file = path.join(folder, "secret");
    await writeFile(file, `${newSecret}\n`);
    const settings = (more: object) => ({
      chats: [],
      webhooks: [
        webhookSchema.parse({ name: "crm", url: receiver.url, allowPrivateAddresses: true, ...more }),
      ],
    });
    const fromEnvironment = settings({ secretEnv: "SERVICE_WEBHOOK_CRM" });
    const [both] = await openEndpoints(fromEnvironment, { SERVICE_WEBHOOK_CRM: `${newSecret} ${secret}` });
    assert.ok(both);
    await deliver(both, message, { now });
    for (const one of [secret, newSecret])
      assert.ok(new Webhook(one).verify(receiver.calls[0]?.body ?? "", receiver.calls[0]?.headers ?? {}));
    const [ofFile] = await openEndpoints(settings({ secretFile: file }), {});
    assert.deepEqual(ofFile?.secrets, [newSecret]);
    for (const wrong of ["", "   ", "canary", "whsec_", "whsec_c2hvcnQ=", `${secret} canary`]) {
      await assert.rejects(openEndpoints(fromEnvironment, { SERVICE_WEBHOOK_CRM: wrong }), (error) => {
        return (
          error instanceof SettingsError &&
          !error.message.includes("canary") &&
          !error.message.includes(secret)
        );
      });
    }
    await assert.rejects(
      openEndpoints(settings({ secretFile: path.join(folder, "none") }), {}),
      SettingsError,
    );
    await rm(folder, { recursive: true });
  });

  it("is refused in the settings over plain http elsewhere, with a password in its URL, or without a secret", () => {
    const good = { name: "crm", url: "https://crm.example/hook", secretEnv: "SERVICE_WEBHOOK_CRM" };
    assert.ok(webhookSchema.safeParse(good).success);
    for (const wrong of [
      { url: "http://crm.example/hook" },
      { url: "https://user:secret@crm.example/hook" },
      { url: "file:///etc/passwd" },
      { secretEnv: undefined },
      { secretEnv: "AWS_SECRET_ACCESS_KEY" },
      { secretFile: "/run/secret" },
      { events: ["tenant.other"] },
      { secret: "whsec_x" },
    ])
      assert.ok(!webhookSchema.safeParse({ ...good, ...wrong }).success, JSON.stringify(wrong));
  });
});
