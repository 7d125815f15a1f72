import { strict as assert } from "node:assert";

import { TenantManagementError } from "../../../provider/src/client";
import {
  type Append,
  type JournalEvent,
  NotDeliveredError,
  startRecording,
} from "../../../provider/src/journal";
import { journalIn } from "../../../provider/src/journal/journal";
import { mentions } from "../../support/mentions";
import { useWarnings } from "../../support/warnings";
import { entry, intent } from "./events";

const run = {
  actor: "github:octocat",
  stage: "production",
  apiUrl: "https://api.example/v0",
  reason: "CHG-7",
};
const intended = {
  type: "TenantApplication",
  operation: "create",
  stack: "organization/project/prod",
  slot: "acme/eu-1/default",
  tenantId: "t-1",
} as const;

/** Asserts that an event has these fields, whatever else it has. */
function assertHolds(event: JournalEvent | undefined, fields: Record<string, unknown>): void {
  assert.deepEqual({ ...event, ...fields }, { ...event });
}

describe("what is recorded", () => {
  const warnings = useWarnings();
  let events: JournalEvent[];
  const append: Append = (event) => {
    events.push(event);
    return Promise.resolve(entry(event));
  };

  beforeEach(() => {
    events = [];
  });

  it("contains who, when, why, where, what, the ids, the result and the duration", async () => {
    const parameters = {
      cell: "eu-1",
      scopes: ["documents.submissions.read"],
      authMethod: "EC",
      keyId: "k-1",
    };
    const recording = await startRecording(append, run, { ...intended, parameters });
    await recording.end({ outcome: "made", applicationId: "a-1", clientId: "c-1" });
    const common = {
      v: 2,
      actor: "github:octocat",
      reason: "CHG-7",
      stage: "production",
      apiUrl: "https://api.example/v0",
      stack: "organization/project/prod",
      slot: "acme/eu-1/default",
      type: "TenantApplication",
      operation: "create",
      tenantId: "t-1",
    };
    const [begun, ended] = events;
    assertHolds(begun, { ...common, event: "intent", parameters });
    assertHolds(ended, {
      ...common,
      event: "result",
      intent: begun!.id,
      outcome: "made",
      applicationId: "a-1",
      clientId: "c-1",
    });
    for (const { at } of events) assert.match(at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.ok(ended?.event === "result" && ended.durationMs >= 0);
  });

  it("includes only parameters that are known not to be credentials", async () => {
    const passed = {
      ...intended,
      parameters: {
        cell: "eu-1",
        clientSecret: "hush",
        publicKey: "-----BEGIN",
        credentials: { secret: "hush" },
      },
    };
    await startRecording(append, run, passed);
    assert.deepEqual(events[0]?.event === "intent" && events[0].parameters, { cell: "eu-1" });
  });

  it("contains the ids of a created object if the rest of the answer was incomplete, and never its secret", async () => {
    const recording = await startRecording(append, run, intended);
    const made = { objectId: "a-1", clientId: "c-1", clientSecret: "hush" };
    await recording.fail(new TenantManagementError("ANSWER_INVALID", "not whole", { made }));
    assertHolds(events[1], { outcome: "made", applicationId: "a-1", clientId: "c-1" });
    assert.ok(!JSON.stringify(events).includes("hush"));
  });

  for (const [outcome, what, error] of [
    ["failed", "AWS refused it", Object.assign(new Error("no right"), { $fault: "client" })],
    ["unknown", "AWS failed", Object.assign(new Error("internal"), { $fault: "server" })],
    ["unknown", "its answer was lost", new Error("socket hang up")],
  ] as const) {
    it(`of a change in AWS is ${outcome}, if ${what}`, async () => {
      const restore = { ...intended, type: "Secret", operation: "restore" } as const;
      await (await startRecording(append, run, restore)).fail(error);
      assertHolds(events[1], { outcome });
    });
  }

  it("is that nothing was done, if the audit log refused the intent", async () => {
    const refusing: Append = async (event) => {
      const onRecord = await append(event);
      if (event.event === "intent") throw new NotDeliveredError("the log group did not accept it", onRecord);
      return onRecord;
    };
    await assert.rejects(startRecording(refusing, run, intended), NotDeliveredError);
    assertHolds(events[1], { event: "result", intent: events[0]!.id, outcome: "failed" });
  });

  it("is what was done even if the audit log refused the result, with a warning", async () => {
    const refusing: Append = async (event) => {
      const onRecord = await append(event);
      if (event.event === "result") throw new NotDeliveredError("the log group did not accept it", onRecord);
      return onRecord;
    };
    const recording = await startRecording(refusing, run, intended);
    const recordedAs = await recording.end({ outcome: "made", applicationId: "a-1" });
    assert.equal(recordedAs?.at, events[1]?.at);
    mentions(String(warnings), "create acme/eu-1/default (made)", "log group");
    assertHolds(events[1], { outcome: "made", applicationId: "a-1" });
  });

  it("is not waited for forever: a credential that is returned only once depends on it", async () => {
    let fail: (error: Error) => void = () => undefined;
    const stalling: Append = (event) =>
      event.event === "intent" ? append(event) : new Promise((_, reject) => (fail = reject));
    const recording = await startRecording(stalling, run, intended, 1);
    assert.equal(await recording.end({ outcome: "made", applicationId: "a-1" }), undefined);
    mentions(warnings.join("\n"), "create acme/eu-1/default (made)", "0.001 s");
    fail(new Error("the bucket is gone"));
    await new Promise(setImmediate);
    mentions(warnings[1] ?? "", "the bucket is gone");
  });

  it("is in the correct place even if it arrives late", async () => {
    const lines: JournalEvent[] = [];
    const released: Array<() => void> = [];
    const journal = journalIn({
      location: "memory",
      // eslint-disable-next-line @typescript-eslint/require-await -- it is empty
      read: async function* () {
        yield [];
      },
      readFrom: () => Promise.resolve(undefined),
      isAsLeft: () => Promise.resolve(true),
      write: async (entries) => {
        if (entries[0]?.event.event === "result")
          await new Promise<void>((release) => released.push(release));
        lines.push(...entries.map(({ event }) => event));
        return { bytes: 0 };
      },
    });
    const recording = await startRecording((event) => journal.append(event), run, intended, 1);
    await recording.end({ outcome: "made", applicationId: "a-1" });
    assert.equal(lines.length, 1);
    const next = journal.append(intent("create", { stack: intended.stack }));
    for (const release of released) release();
    await next;
    assert.deepEqual(
      lines.map(({ event, sequence }) => [event, sequence]),
      [
        ["intent", 1],
        ["result", 2],
        ["intent", 3],
      ],
    );
  });
});
