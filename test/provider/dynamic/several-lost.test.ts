import { strict as assert } from "node:assert";
import { setTimeout as sleepMs } from "node:timers/promises";

import { useJournalFile } from "../../support/journal-file";
import { mentioning } from "../../support/mentions";
import { useSandboxApi } from "../../support/sandbox-api";
import { applicationsIn, lastEvent, newPublicKey, startProvider } from "./process";

const operation = "createTenantApplication";
const list = "getTenantApplications";

describe("a create whose answer was lost, and another one in its slot or beside it", () => {
  const { sandbox } = useSandboxApi();
  const journal = useJournalFile();
  const start = (more?: Record<string, string>) => startProvider(sandbox(), journal.file, more);
  const replacing = () => start({ replaceLostApplications: "true" });

  afterEach(() => {
    hide();
  });

  /** Lists show all but the given applications. */
  function hide(...applicationIds: string[]): void {
    sandbox().control.configure({ listStaleMs: 0, hideFromList: applicationIds });
  }

  const applicationsOf = (tenantId: string) => applicationsIn(sandbox(), tenantId);

  /** A create that was carried out, whose answer was lost, and that no list shows yet. */
  async function lose(create: () => Promise<unknown>, tenantId: string): Promise<string> {
    const before = applicationsOf(tenantId);
    sandbox().control.configure({ listStaleMs: 3_600_000 });
    sandbox().control.addFault({ operation, kind: "reset-after" });
    await assert.rejects(create());
    const lost = applicationsOf(tenantId).find((id) => !before.includes(id)) ?? "";
    hide(lost);
    return lost;
  }

  /** A create whose request never arrived. */
  async function fail(create: () => Promise<unknown>): Promise<void> {
    sandbox().control.addFault({ operation, kind: "reset-before" });
    await assert.rejects(create());
  }

  /** An adoption whose run was killed before its result was on record. */
  async function interruptAdoption(tenantId: string, name: string, applicationId: string): Promise<void> {
    await start().run.record.start({
      type: "TenantApplication",
      operation: "create",
      slot: { stack: "organization/project/dev", name },
      tenantId,
      applicationId,
      parameters: { cell: "eu-1", scopes: [], authMethod: "CLIENT_SECRET", adopt: applicationId },
    });
  }

  it("is not taken for one with a key if it had a secret", async () => {
    const { id: tenantId } = await start().createTenant("secretfirst");
    const slot = "secretfirst/eu-1/default";
    const withKey = { authMethod: "EC", publicKey: newPublicKey() };
    const lost = await lose(() => start().createApplication(tenantId, slot), tenantId);
    await fail(() => start().createApplication(tenantId, slot, withKey));
    hide();
    await assert.rejects(
      start().createApplication(tenantId, slot, withKey),
      mentioning(lost, "replaceLostApplications"),
    );
    assert.deepEqual(applicationsOf(tenantId), [lost]);
  });

  it("is not taken by the next create for its own, whose answer was lost, too", async () => {
    const { control } = sandbox();
    const { id: tenantId } = await start().createTenant("secretbefore");
    const slot = "secretbefore/eu-1/default";
    const withKey = { authMethod: "EC", publicKey: newPublicKey() };
    const lost = await lose(() => start().createApplication(tenantId, slot), tenantId);
    const before = control.requests()[operation];
    control.addFault({ operation, kind: "reset-before" });
    control.addFault({ operation: list, kind: "latency", latencyMs: 100, nth: 4 });
    const create = start().createApplication(tenantId, slot, withKey);
    const ended = assert.rejects(create, mentioning(lost));
    while (control.requests()[operation] === before) await sleepMs(1);
    hide();
    await ended;
    assert.equal(lastEvent(journal.file)["outcome"], "unknown");
  });

  it("is not left beside a second one if a list shows it only just before that is requested", async () => {
    const { control } = sandbox();
    const { id: tenantId } = await start().createTenant("late");
    const slot = "late/eu-1/default";
    const lost = await lose(() => start().createApplication(tenantId, slot), tenantId);
    const before = control.requests()[list];
    control.addFault({ operation: list, kind: "latency", latencyMs: 100, nth: 3 });
    const create = start().createApplication(tenantId, slot);
    const ended = assert.rejects(create, mentioning(lost));
    while (control.requests()[list] < before + 3) await sleepMs(1);
    hide();
    await ended;
    assert.deepEqual(applicationsOf(tenantId), [lost]);
  });

  it("is not deleted as what the next one created, which would then be sent again", async () => {
    const { control } = sandbox();
    const { id: tenantId } = await start().createTenant("twice");
    const slot = "twice/eu-1/default";
    const first = await lose(() => replacing().createApplication(tenantId, slot), tenantId);
    const before = control.requests()[operation];
    control.addFault({ operation, kind: "reset-after" });
    control.addFault({ operation: list, kind: "latency", latencyMs: 100, nth: 5 });
    const create = replacing().createApplication(tenantId, slot);
    const ended = assert.rejects(create, mentioning(first));
    while (applicationsOf(tenantId).length < 2) await sleepMs(1);
    const [, second = ""] = applicationsOf(tenantId);
    hide(second);
    await ended;
    assert.deepEqual([control.requests()[operation] - before, applicationsOf(tenantId)], [1, [second]]);
    hide();
    const made = await replacing().createApplication(tenantId, slot);
    assert.deepEqual(applicationsOf(tenantId), [made.id]);
  });

  it("is looked for although one with other scopes was lost after it", async () => {
    const { id: tenantId } = await start().createTenant("scopes");
    const slot = "scopes/eu-1/default";
    const scopes = ["documents.submissions.read"];
    const lost = await lose(() => start().createApplication(tenantId, slot, { scopes }), tenantId);
    await fail(() => start().createApplication(tenantId, slot));
    hide();
    await assert.rejects(start().createApplication(tenantId, slot), mentioning(lost));
    const made = await replacing().createApplication(tenantId, slot);
    assert.deepEqual(applicationsOf(tenantId), [made.id]);
  });

  it("is looked for although an adoption was interrupted after it", async () => {
    const { id: tenantId } = await start().createTenant("adoption");
    const slot = "adoption/eu-1/default";
    const lost = await lose(() => start().createApplication(tenantId, slot), tenantId);
    hide();
    await interruptAdoption(tenantId, slot, "a-other");
    await assert.rejects(start().createApplication(tenantId, slot), mentioning(lost));
    assert.deepEqual(applicationsOf(tenantId), [lost]);
  });

  it("does not take what is on record as another slot's", async () => {
    const { control } = sandbox();
    const { id: tenantId } = await start().createTenant("beside");
    const withKey = () => ({ authMethod: "EC", publicKey: newPublicKey() });
    // Its run was killed once its result was on record, before it was in the state.
    const other = await start().createApplication(tenantId, "beside/eu-1/a", withKey());
    hide(other.id);
    const before = control.requests()[operation];
    control.addFault({ operation, kind: "reset-before" });
    control.addFault({ operation: list, kind: "latency", latencyMs: 100, nth: 2 });
    const ended = assert.rejects(start().createApplication(tenantId, "beside/eu-1/b", withKey()));
    while (control.requests()[operation] === before) await sleepMs(1);
    hide();
    await ended;
    assert.equal(lastEvent(journal.file)["outcome"], "unknown");
  });

  it("is not repeated if its answer is on record and describes another application than requested", async () => {
    const { control } = sandbox();
    const { id: tenantId } = await start().createTenant("otherwise");
    const slot = "otherwise/eu-1/default";
    const made = await start().createApplication(tenantId, slot);
    const tenant = control.tenants().find((other) => other.tenantId === tenantId);
    assert.ok(tenant);
    const scopes = ["documents.submissions.read" as const];
    control.restoreTenant({
      ...tenant,
      applications: tenant.applications.map((application) => ({ ...application, scopes })),
    });
    await assert.rejects(start().createApplication(tenantId, slot), mentioning(made.id, "reconcile"));
    assert.deepEqual(applicationsOf(tenantId), [made.id]);
  });

  for (const [what, name, inputs] of [
    ["with other scopes", "widened", { scopes: ["documents.submissions.read"] }],
    ["with the same parameters", "repeated", {}],
  ] as const) {
    it(`leaves an application alone that was answered before it, in a replacement ${what}, and that an older state lacks`, async () => {
      const { id: tenantId } = await start().createTenant(name);
      const slot = `${name}/eu-1/default`;
      const made = await start().createApplication(tenantId, slot);
      await fail(() => start().createApplication(tenantId, slot, inputs, made.id));
      const again = await replacing().createApplication(tenantId, slot, inputs);
      assert.deepEqual(applicationsOf(tenantId), [made.id, again.id]);
    });
  }

  it("leaves an application alone that was answered before it, whose adoption was interrupted", async () => {
    const { id: tenantId } = await start().createTenant("taken");
    const slot = "taken/eu-1/default";
    const made = await start().createApplication(tenantId, slot);
    await interruptAdoption(tenantId, slot, made.id);
    const again = await replacing().createApplication(tenantId, slot);
    assert.deepEqual(applicationsOf(tenantId), [made.id, again.id]);
  });
});
