import { strict as assert } from "node:assert";

import { TenantManagementError } from "../../../provider/src/client/errors";
import { useJournalFile } from "../../support/journal-file";
import { mentioning } from "../../support/mentions";
import { useSandboxApi } from "../../support/sandbox-api";
import { lastEvent, newPublicKey, type ProviderProcess, startProvider } from "./process";

const [read, write] = ["documents.submissions.read", "documents.submissions.write"] as const;

describe("creates with the same cell and scopes in one tenant", function () {
  const { sandbox, api } = useSandboxApi();
  const journal = useJournalFile();
  let provider: ProviderProcess;
  let tenantId: string;

  beforeEach(async () => {
    provider = startProvider(sandbox(), journal.file);
    ({ id: tenantId } = await provider.createTenant(`acme${Date.now()}`));
  });

  afterEach(() => {
    sandbox().control.configure({ latencyMs: 0, listStaleMs: 0 });
  });

  const applicationIds = async () =>
    (await api().listApplications(tenantId))?.map((one) => one.applicationId);

  it("run one at a time, with their scopes in any order: a sibling is never mistaken for a lost one", async () => {
    const { control } = sandbox();
    control.addFault({ operation: "createTenantApplication", nth: 1, kind: "reset-after" });
    const create = (purpose: string, scopes?: string[]) =>
      provider.createApplication(tenantId, `acme/eu-1/${purpose}`, {
        authMethod: "EC",
        publicKey: newPublicKey(),
        ...(scopes === undefined ? {} : { scopes }),
      });
    const made = await Promise.all([
      create("default"),
      create("sorted", [read, write]),
      create("reversed", [write, read]),
    ]);
    assert.deepEqual((await applicationIds())?.toSorted(), made.map(({ id }) => id).toSorted());
    assert.equal(control.requests().createTenantApplication, 3);
  });

  it("are never confused if the same run created one in part: neither adopted nor deleted", async () => {
    const { control } = sandbox();
    const operation = "createTenantApplication";
    control.addFault({ operation, nth: 1, kind: "garbage-body" });
    control.addFault({ operation, nth: 2, kind: "reset-before" });
    const [inPart, lost] = await Promise.allSettled(
      ["in-part", "lost"].map((purpose) =>
        provider.createApplication(tenantId, `acme/eu-1/${purpose}`, {
          authMethod: "EC",
          publicKey: newPublicKey(),
        }),
      ),
    );
    assert.deepEqual([inPart?.status, lost?.status], ["rejected", "rejected"]);
    assert.equal((await applicationIds())?.length, 1);
  });

  for (const listStaleMs of [0, 40])
    it(`are never confused if the same run lost both, with lists that lag ${listStaleMs} ms`, async () => {
      const { control } = sandbox();
      const operation = "createTenantApplication";
      control.configure({ listStaleMs });
      control.addFault({ operation, nth: 1, kind: "status", status: 408, carriedOut: true });
      control.addFault({ operation, nth: 2, kind: "reset-before" });
      const [withSecret, withKey] = await Promise.allSettled([
        provider.createApplication(tenantId, "acme/eu-1/secret"),
        provider.createApplication(tenantId, "acme/eu-1/key", {
          authMethod: "EC",
          publicKey: newPublicKey(),
        }),
      ]);
      assert.deepEqual([withSecret.status, withKey.status], ["rejected", "rejected"]);
      assert.equal((await applicationIds())?.length, 1);
    });

  it("are not confused if both were lost, in different runs: the existing one may be either's", async () => {
    const { control } = sandbox();
    const operation = "createTenantApplication";
    const ec = { authMethod: "EC", publicKey: newPublicKey() };
    const start = () => startProvider(sandbox(), journal.file);
    control.addFault({ operation, nth: 1, kind: "reset-before" });
    await assert.rejects(start().createApplication(tenantId, "acme/eu-1/never-sent", ec));
    control.addFault({ operation, nth: 1, kind: "reset-after" });
    control.addFault({ operation: "getTenantApplications", nth: 2, times: 20, kind: "status", status: 400 });
    await assert.rejects(start().createApplication(tenantId, "acme/eu-1/made"));
    control.clearFaults();
    const [made] = (await applicationIds()) ?? [];
    assert.ok(made !== undefined);
    await assert.rejects(
      start().createApplication(tenantId, "acme/eu-1/never-sent", ec),
      ({ message }: Error) => message.includes(made) && message.includes("acme/eu-1/made"),
    );
    assert.deepEqual(await applicationIds(), [made]);
  });

  it("are on record as unknown if, after a lost answer, the other possible owner cannot be read", async () => {
    sandbox().control.addFault({ operation: "createTenantApplication", kind: "reset-after" });
    provider.run.record.openCreatesBeside = () =>
      Promise.reject(new TenantManagementError("INPUT_INVALID", "the journal cannot be read"));
    await assert.rejects(provider.createApplication(tenantId, "acme/eu-1/default"));
    assert.equal(lastEvent(journal.file)["outcome"], "unknown");
    assert.equal((await applicationIds())?.length, 1);
  });

  it("are all named, and none is touched, if several could be the lost one", async () => {
    const { control } = sandbox();
    const byHand = () =>
      api().createApplication(tenantId, {
        cell: "eu-1",
        scopes: [read, write],
        authentication: { type: "CLIENT_SECRET" },
      });
    control.configure({ latencyMs: 200 });
    control.addFault({ operation: "createTenantApplication", nth: 1, kind: "reset-after" });
    const creating = provider.createApplication(tenantId, "acme/eu-1/default");
    creating.catch(() => undefined);
    while (control.requests().createTenantApplication === 0) await new Promise(setImmediate);
    await byHand();
    control.configure({ latencyMs: 0 });
    await creating.catch(() => undefined);
    const ids = (await applicationIds()) ?? [];
    assert.equal(ids.length, 2);
    await assert.rejects(creating, mentioning("acme/eu-1/default", tenantId, ...ids));
    assert.equal(control.requests().deleteTenantApplication, 0);
  });
});
