import { strict as assert } from "node:assert";
import { readFileSync, writeFileSync } from "node:fs";

import { documentsScopes } from "../../../provider/src/client";
import { ownSurroundings, type Surroundings } from "../../../provider/src/dynamic/run/surroundings";
import { openJournalOf } from "../../../provider/src/journal/index";
import { useJournalFile } from "../../support/journal-file";
import { mentioning } from "../../support/mentions";
import { useSandboxApi } from "../../support/sandbox-api";
import { applicationsIn, lastEvent, startProvider, takeLastLine } from "./process";

/** A machine on whose disk nothing can be written. */
function withFullDisk(): Surroundings {
  return {
    ...ownSurroundings,
    openJournal: (place) =>
      Object.assign(openJournalOf(place), {
        append: () => Promise.reject(new Error("ENOSPC: no space left on device, write")),
      }),
  };
}

describe("a create whose result could not be recorded, and whose object the state contains", () => {
  const { sandbox, api } = useSandboxApi();
  const journal = useJournalFile();
  const start = () => startProvider(sandbox(), journal.file, { replaceLostApplications: "true" });

  const applicationsOf = (tenantId: string) => applicationsIn(sandbox(), tenantId);

  /** Somebody else creates an application like that of the stack. */
  async function createByHand(tenantId: string): Promise<string> {
    const authentication = { type: "CLIENT_SECRET" } as const;
    const made = await api().createApplication(tenantId, {
      cell: "eu-1",
      scopes: documentsScopes,
      authentication,
    });
    return made.applicationId;
  }

  it("is over once the application is deleted: what somebody else then creates is not touched", async () => {
    const { id: tenantId } = await start().createTenant("acme");
    const slot = "acme/eu-1/default";
    const made = await start().createApplication(tenantId, slot);
    takeLastLine(journal.file);
    await start().deleteApplication(made.id, made.outs);
    const theirs = await createByHand(tenantId);
    const again = await start().createApplication(tenantId, slot);
    assert.deepEqual(applicationsOf(tenantId), [theirs, again.id]);
  });

  it("is over when the application is replaced", async () => {
    const { id: tenantId } = await start().createTenant("globex");
    const slot = "globex/eu-1/default";
    const made = await start().createApplication(tenantId, slot);
    takeLastLine(journal.file);
    const theirs = await createByHand(tenantId);
    const again = await start().createApplication(tenantId, slot, {}, made.id);
    assert.deepEqual(applicationsOf(tenantId), [made.id, theirs, again.id]);
  });

  it("is over once the tenant is deleted: what somebody else then creates by that name is not taken over", async () => {
    const made = await start().createTenant("initech");
    takeLastLine(journal.file);
    await start().deleteTenant(made.id, made.outs);
    const theirs = await api().createTenant({ name: "initech" });
    await assert.rejects(start().createTenant("initech"), mentioning(theirs.tenantId));
  });

  it("is not a later one in its slot if the object was deleted before, and is in an older state that was restored", async () => {
    const made = await start().createTenant("stark");
    writeFileSync(journal.file, "");
    await start().deleteTenant(made.id, made.outs);
    await start().run.record.start({
      type: "Tenant",
      operation: "create",
      slot: { stack: "organization/project/dev", name: "stark" },
      parameters: { name: "stark" },
    });
    await start().deleteTenant(made.id, made.outs);
    assert.doesNotMatch(readFileSync(journal.file, "utf8"), /"outcome":"made"/);
  });

  it("stops a delete with what to do while the disk is full, and nothing is lost", async () => {
    const { id: tenantId } = await start().createTenant("hooli");
    const made = await start().createApplication(tenantId, "hooli/eu-1/default");
    takeLastLine(journal.file);
    const full = startProvider(sandbox(), journal.file, {}, { surroundings: withFullDisk() });
    await assert.rejects(
      full.deleteApplication(made.id, made.outs),
      mentioning(
        "Nothing more was sent for hooli/eu-1/default",
        journal.file,
        "no space left",
        "run the same command again",
      ),
    );
    assert.deepEqual(applicationsOf(tenantId), [made.id]);
    await start().deleteApplication(made.id, made.outs);
    assert.deepEqual(applicationsOf(tenantId), []);
  });

  it("leaves nothing of itself in what the record says the stack holds, once the application is deleted", async () => {
    const { id: tenantId } = await start().createTenant("umbrella");
    const holds = () => lastEvent(journal.file)["holds"];
    const before = holds();
    const made = await start().createApplication(tenantId, "umbrella/eu-1/default");
    takeLastLine(journal.file);
    await start().deleteApplication(made.id, made.outs);
    assert.equal(holds(), before);
  });
});

describe("a tenant of the same name as one of this stack", () => {
  const { sandbox, api } = useSandboxApi();
  const journal = useJournalFile();
  const start = () => startProvider(sandbox(), journal.file);

  it("is not taken over if the stack's own has another id, and was deleted at the vendor", async () => {
    const made = await start().createTenant("acme");
    sandbox().control.deleteTenant(made.id);
    const theirs = await api().createTenant({ name: "acme" });
    await assert.rejects(start().createTenant("acme"), mentioning(theirs.tenantId));
  });

  it("is not taken over because the adoption of another one was interrupted", async () => {
    await start().run.record.start({
      type: "Tenant",
      operation: "create",
      slot: { stack: "organization/project/dev", name: "globex" },
      parameters: { name: "globex", adopt: "t-9" },
    });
    const theirs = await api().createTenant({ name: "globex" });
    await assert.rejects(start().createTenant("globex"), mentioning(theirs.tenantId));
  });
});
