import { strict as assert } from "node:assert";

import { useJournalFile } from "../../support/journal-file";
import { useSandboxApi } from "../../support/sandbox-api";
import { newPublicKey, type ProviderProcess, startProvider } from "./process";

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

  const applicationIds = async () =>
    (await api().listApplications(tenantId))?.map((one) => one.applicationId);

  it("go one at a time, however their scopes are written: a sibling is never taken for a lost one", async () => {
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

  it("are never taken for one another where the same run made one in part: neither adopted nor deleted", async () => {
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

  it("are all named, and none is touched, where several could be the lost one", async () => {
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
    await assert.rejects(creating, ({ message }: Error) => {
      assert.match(message, /None was changed/);
      return true;
    });
    const ids = (await applicationIds()) ?? [];
    assert.equal(ids.length, 2);
    await assert.rejects(creating, ({ message }: Error) => ids.every((id) => message.includes(id)));
    assert.equal(control.requests().deleteTenantApplication, 0);
  });
});
