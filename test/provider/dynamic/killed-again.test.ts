import { strict as assert } from "node:assert";

import { clockToleranceMs } from "../../../provider/src/client/server-clock";
import { useSandbox } from "../../sandbox/api/client";
import { useJournalFile } from "../../support/journal-file";
import { useSandboxApi } from "../../support/sandbox-api";
import {
  ageJournal,
  ageTenants,
  applicationsIn,
  lastEvent,
  newPublicKey,
  startProvider,
  takeLastLine,
} from "./process";

describe("a create whose repair is killed, too, between its intent and its result", function () {
  const { sandbox, api } = useSandboxApi();
  const journal = useJournalFile();

  const start = () => startProvider(sandbox(), journal.file);
  const applicationsOf = (tenantId: string) => applicationsIn(sandbox(), tenantId);

  for (const [when, kill] of [
    [
      "before its result was on record",
      () => {
        takeLastLine(journal.file);
      },
    ],
    ["after it", () => undefined],
  ] as const) {
    it(`finds the application again that was created before the first kill, which came ${when}`, async () => {
      const { id: tenantId } = await start().createTenant(`acme${when.length}`);
      const inputs = { authMethod: "EC", publicKey: newPublicKey() };
      const make = () => start().createApplication(tenantId, "acme/eu-1/default", inputs);
      const { id } = await make();
      kill();
      assert.equal((await make()).id, id);
      assert.equal(lastEvent(journal.file)["outcome"], "recovered");
      takeLastLine(journal.file);
      assert.equal((await make()).id, id);
      assert.deepEqual(applicationsOf(tenantId), [id]);
    });

    it(`finds the tenant again that was created before the first kill, which came ${when}`, async () => {
      const name = `globex${when.length}`;
      const { id } = await start().createTenant(name);
      kill();
      // More than what the API's clock and this machine's may differ by.
      ageJournal(journal.file, 2 * clockToleranceMs);
      ageTenants(sandbox(), 2 * clockToleranceMs);
      assert.equal((await start().createTenant(name)).id, id);
      takeLastLine(journal.file);
      assert.equal((await start().createTenant(name)).id, id);
      assert.equal(
        sandbox()
          .control.tenants()
          .filter((tenant) => tenant.name === name).length,
        1,
      );
    });
  }

  it("is never mistaken for a sibling of its kind, whose result could not be recorded", async () => {
    const first = start();
    const { id: tenantId } = await first.createTenant("initech");
    const sibling = await first.createApplication(tenantId, "initech/eu-1/a", {
      authMethod: "EC",
      publicKey: newPublicKey(),
    });
    takeLastLine(journal.file);
    sandbox().control.addFault({ operation: "createTenantApplication", kind: "reset-before" });
    const inputs = { authMethod: "EC", publicKey: newPublicKey() };
    await assert.rejects(first.createApplication(tenantId, "initech/eu-1/b", inputs));
    sandbox().control.clearFaults();
    const made = await start().createApplication(tenantId, "initech/eu-1/b", inputs);
    assert.notEqual(made.id, sibling.id);
    assert.deepEqual(applicationsOf(tenantId), [sibling.id, made.id]);
  });

  it("is never mistaken for a sibling of its kind that the same run creates in part while the repair waits for it", async () => {
    const { id: tenantId } = await start().createTenant("stark");
    const inputs = { authMethod: "EC", publicKey: newPublicKey() };
    sandbox().control.addFault({ operation: "createTenantApplication", kind: "reset-before" });
    await assert.rejects(start().createApplication(tenantId, "stark/eu-1/lost", inputs));
    sandbox().control.clearFaults();
    sandbox().control.addFault({ operation: "createTenantApplication", nth: 1, kind: "garbage-body" });
    const next = start();
    const [inPart, repaired] = await Promise.allSettled([
      next.createApplication(tenantId, "stark/eu-1/in-part"),
      next.createApplication(tenantId, "stark/eu-1/lost", inputs),
    ]);
    sandbox().control.clearFaults();
    assert.equal(inPart.status, "rejected");
    assert.ok(repaired.status === "fulfilled");
    const [first, second] = applicationsOf(tenantId);
    assert.equal(repaired.value.id, second);
    assert.notEqual(first, second);
  });

  for (const authMethod of ["EC", "CLIENT_SECRET"]) {
    it(`never mistakes the ${authMethod} application that it is to replace for a lost one whose result is not on record`, async () => {
      const { id: tenantId } = await start().createTenant(`umbrella${authMethod.length}`);
      const inputs = () => ({ authMethod, ...(authMethod === "EC" ? { publicKey: newPublicKey() } : {}) });
      const held = await start().createApplication(tenantId, "umbrella/eu-1/default", inputs());
      takeLastLine(journal.file);
      const successor = await start().createApplication(tenantId, "umbrella/eu-1/default", inputs(), held.id);
      assert.notEqual(successor.id, held.id);
      assert.deepEqual(applicationsOf(tenantId), [held.id, successor.id]);
    });
  }

  it("does not mistake a tenant that was created by hand for one that was to have another name then", async () => {
    sandbox().control.addFault({ operation: "createTenant", kind: "reset-before" });
    await assert.rejects(start().createTenant("hooli", "renamed"));
    sandbox().control.clearFaults();
    const { tenantId } = await api().createTenant({ name: "pied" });
    await assert.rejects(start().createTenant("pied", "renamed"), ({ message }: Error) =>
      message.includes(`adopt: ${tenantId}`),
    );
  });
});

describe("a create whose repair requested other cells, and was also killed", () => {
  const sandbox = useSandbox({ stage: "production" });
  const journal = useJournalFile();
  const environment = { TENANTS_ALLOWED_HOSTS: "127.0.0.1", TENANTS_REASON: "a test" };
  const start = () => startProvider(sandbox(), journal.file, { stage: "production" }, { environment });

  it("finds the tenant that the repair created", async () => {
    const cells = ["us-1", "eu-1"];
    sandbox().control.addFault({ operation: "createTenant", kind: "reset-before" });
    await assert.rejects(start().createTenant("acme", "acme", ["us-1"]));
    const { id } = await start().createTenant("acme", "acme", cells);
    takeLastLine(journal.file);
    assert.equal((await start().createTenant("acme", "acme", cells)).id, id);
    assert.equal(lastEvent(journal.file)["outcome"], "recovered");
  });
});
