import { strict as assert } from "node:assert";

import { useJournalFile } from "../../support/journal-file";
import { mentioning } from "../../support/mentions";
import { useSandboxApi } from "../../support/sandbox-api";
import { startProvider, takeLastLine } from "./process";

describe("a create whose answer was lost, whose object no list shows yet, and whose repetition is refused", () => {
  const { sandbox, api } = useSandboxApi();
  const journal = useJournalFile();
  const start = (more?: Record<string, string>) => startProvider(sandbox(), journal.file, more);

  /** Lists show nothing new until the given work is done. */
  async function whileListsLag(work: () => Promise<void>): Promise<void> {
    sandbox().control.configure({ listStaleMs: 3_600_000 });
    await work();
    sandbox().control.configure({ listStaleMs: 0 });
  }

  it("of an application is still found by the next update: there is no second client", async () => {
    const { control } = sandbox();
    const { id: tenantId } = await start().createTenant("acme");
    const create = () => start().createApplication(tenantId, "acme/eu-1/default");
    await whileListsLag(async () => {
      control.addFault({ operation: "createTenantApplication", kind: "reset-after" });
      await assert.rejects(create());
      control.addFault({ operation: "createTenantApplication", kind: "status", status: 403 });
      await assert.rejects(create(), mentioning("403"));
    });
    const applications = () => control.tenants().find((tenant) => tenant.tenantId === tenantId)?.applications;
    const [lost, ...others] = applications() ?? [];
    assert.deepEqual(others, []);
    await assert.rejects(create(), mentioning(lost?.applicationId ?? "", "replaceLostApplications"));
    assert.equal(applications()?.length, 1);
  });

  for (const [name, how, isKilled] of [
    ["globex", "whose answer was lost", false],
    ["hooli", "that was killed", true],
  ] as const) {
    it(`of an application, ${how}, is over once that was found and deleted: what someone else then creates is not touched`, async () => {
      const { control } = sandbox();
      const { id: tenantId } = await start().createTenant(name);
      const create = () =>
        start({ replaceLostApplications: "true" }).createApplication(tenantId, `${name}/eu-1/default`);
      const lose = (fault: { status: number; carriedOut: boolean }) => {
        control.addFault({ operation: "createTenantApplication", kind: "status", ...fault });
      };
      await whileListsLag(async () => {
        lose({ status: 503, carriedOut: true });
        await assert.rejects(create());
      });
      if (isKilled) takeLastLine(journal.file);
      lose({ status: 403, carriedOut: false });
      await assert.rejects(create(), mentioning("403"));
      const theirs = await api().createApplication(tenantId, {
        cell: "eu-1",
        scopes: ["documents.submissions.read", "documents.submissions.write"],
        authentication: { type: "CLIENT_SECRET" },
      });
      const made = await create();
      const existing = control.tenants().find((tenant) => tenant.tenantId === tenantId)?.applications;
      assert.deepEqual(
        existing?.map(({ applicationId }) => applicationId),
        [theirs.applicationId, made.id],
      );
    });
  }

  it("of an application is still found if it was repeated at once, after the application was deleted, and its answer lost again", async () => {
    const { control } = sandbox();
    const { id: tenantId } = await start().createTenant("initech");
    const create = () =>
      start({ replaceLostApplications: "true" }).createApplication(tenantId, "initech/eu-1/default");
    control.addFault({ operation: "createTenantApplication", kind: "reset-after", times: 2 });
    await assert.rejects(create());
    const made = await create();
    const existing = control.tenants().find((tenant) => tenant.tenantId === tenantId)?.applications;
    assert.deepEqual(
      existing?.map(({ applicationId }) => applicationId),
      [made.id],
    );
  });

  for (const [what, operation] of [
    ["create", "createTenant"],
    ["list that would explain it", "getTenants"],
  ] as const) {
    it(`of a tenant is still found by the next update, if the ${what} was refused`, async () => {
      const { control } = sandbox();
      const name = operation.toLowerCase();
      const create = () => start().createTenant(name);
      await whileListsLag(async () => {
        control.addFault({ operation: "createTenant", kind: "reset-after" });
        await assert.rejects(create());
        const nth = operation === "getTenants" ? 3 : 1;
        control.addFault({ operation, kind: "status", status: 403, nth });
        await assert.rejects(create(), mentioning("403"));
      });
      const made = await create();
      const existing = control.tenants().filter((tenant) => tenant.name === name);
      assert.deepEqual(
        existing.map(({ tenantId }) => tenantId),
        [made.id],
      );
    });
  }
});
