import { strict as assert } from "node:assert";
import { setTimeout as delay } from "node:timers/promises";

import { type Expectation, findExisting } from "../../../operations/src/reconcile/existing";
import { messageOf } from "../../../provider/src/client/text";
import type { Properties } from "../../../provider/src/dynamic/engine/inputs";
import { openJournalOf } from "../../../provider/src/journal";
import type { Control, FaultInput, Operation, SettingsChange } from "../../../sandbox/api";
import { useJournalFile, useSharedJournal } from "../../support/journal-file";
import { mentioning } from "../../support/mentions";
import { useSandboxApi } from "../../support/sandbox-api";
import { useWarnings } from "../../support/warnings";
import { newPublicKey, type ProviderProcess, startProvider } from "./process";

/** Operations that may be answered 404. */
const disturbed = [
  "getTenants",
  "getTenant",
  "getTenantApplications",
  "getTenantApplication",
  "deleteTenant",
  "deleteTenantApplication",
] as const satisfies Operation[];

/** A 404 of a load balancer, and one of a gateway, which has the form of the API's. */
const foreign: Record<string, Partial<FaultInput>> = {
  "a page of HTML": { contentType: "text/html", body: "<h1>404 Not Found</h1>" },
  "no route matched": { body: '{"message":"no Route matched with those values"}' },
};

/** What may stand between a stack and what it made, while all of it exists. */
const disturbances: Record<string, (control: Control, ids: string[]) => void> = {
  nothing: () => undefined,
  "lists that lack all of it": (control, ids) => {
    control.configure({ hideFromList: ids });
  },
  "lists that lag by a minute": (control) => {
    control.configure({ listStaleMs: 60_000 });
  },
  ...Object.fromEntries(
    ["getTenants", "getTenantApplications"].map((operation) => [
      `one answer to ${operation} that has nothing`,
      (control: Control) => {
        control.addFault({
          operation: operation as Operation,
          kind: "status",
          status: 200,
          body: '{"items":[],"_links":{}}',
        });
      },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(foreign).flatMap(([what, fault]) =>
      disturbed.map((operation) => [
        `a 404 to ${operation} (${what})`,
        (control: Control) => {
          control.addFault({ operation, kind: "status", status: 404, ...fault });
        },
      ]),
    ),
  ),
};

const calm: SettingsChange = {
  hideFromList: [],
  listStaleMs: 0,
  appCreate404Ms: 0,
  tenantDelete409Ms: 0,
  nameTaken409Ms: 0,
  quota: 1000,
};

/** What is thrown is told by its message alone: its text is that of any refusal. */

/** What a stack has made: a tenant, an application with a key, and one with a secret. */
interface Made {
  tenant: { id: string; outs: Properties };
  key: { id: string; outs: Properties };
  secret: { id: string; outs: Properties };
  publicKey: string;
}

describe("existing and deleted objects", function () {
  const warnings = useWarnings();
  const { sandbox, api } = useSandboxApi({ quota: 1000 });
  const journal = useSharedJournal();
  let maker: ProviderProcess;
  let count = 0;
  let name: string;
  let made: Made;

  const start = (more?: Record<string, string>) => startProvider(sandbox(), journal.file, more);
  const existing = () =>
    sandbox()
      .control.tenants()
      .find((tenant) => tenant.name === name)
      ?.applications.map(({ applicationId }) => applicationId);

  before(() => {
    maker = start();
  });
  beforeEach(async () => {
    sandbox().control.configure(calm);
    name = `acme${(count += 1)}`;
    const publicKey = newPublicKey();
    const tenant = await maker.createTenant(name);
    const key = await maker.createApplication(tenant.id, `${name}/key`, { authMethod: "EC", publicKey });
    const secret = await maker.createApplication(tenant.id, `${name}/secret`);
    made = { tenant, key, secret, publicKey };
    sandbox().control.resetRequests();
  });

  for (const [what, disturb] of Object.entries(disturbances)) {
    describe(`with ${what} between`, () => {
      beforeEach(() => {
        disturb(sandbox().control, [made.tenant.id, made.key.id, made.secret.id]);
      });

      it("stays in the state until it is deleted, and does not count as deleted too early", async () => {
        const provider = start();
        const { tenant, key, secret } = made;
        assert.equal((await provider.readTenant(tenant.id, tenant.outs)).id, tenant.id);
        assert.equal((await provider.readApplication(key.id, key.outs)).id, key.id);
        assert.equal((await provider.readApplication(secret.id, secret.outs)).id, secret.id);
        await provider.deleteApplication(key.id, key.outs);
        assert.deepEqual(existing(), [secret.id]);
        await provider.deleteApplication(secret.id, secret.outs);
        await provider.deleteTenant(tenant.id, tenant.outs);
        assert.equal(existing(), undefined);
      });

      if (what.includes("to delete")) return;

      it("is found by reconcile, adopted, and neither created twice nor deleted if the state has lost it", async () => {
        const { tenant, key, secret, publicKey } = made;
        const { applications } = await findExisting(api(), await expectation());
        assert.deepEqual(
          applications
            .get(tenant.id)
            ?.map(({ applicationId }) => applicationId)
            .toSorted(),
          [key.id, secret.id].toSorted(),
        );
        const provider = start({ replaceLostApplications: "true" });
        // Taken over where it looks empty, refused with the line that adopts it where it does not.
        const found = await provider.createTenant(name).then(
          ({ id }) => id,
          (error: unknown) => /adopt: (\S+)$/.exec(messageOf(error))?.[1],
        );
        assert.equal(found, tenant.id);
        assert.equal((await provider.adoptTenant(name, tenant.id)).id, tenant.id);
        const again = provider.createApplication(tenant.id, `${name}/key`, { authMethod: "EC", publicKey });
        assert.equal((await again).id, key.id);
        await assert.rejects(provider.createApplication(tenant.id, `${name}/secret`), mentioning(secret.id));
        assert.deepEqual(existing(), [key.id, secret.id]);
      });
    });
  }

  async function expectation(): Promise<Expectation> {
    const stack = "organization/project/dev";
    const events = await openJournalOf({ stack, location: journal.file, directory: "/" }).read();
    const state = {
      tenants: [],
      applications: [],
      pending: [],
      released: [],
      storedVersions: [],
      rootUrn: undefined,
    };
    return { stack, apiUrl: sandbox().apiUrl, events, state };
  }

  it("costs a refresh only the lists if they contain it, and one warning if they lack it", async () => {
    const refresh = async (): Promise<Record<string, number>> => {
      const provider = start();
      sandbox().control.resetRequests();
      await provider.readTenant(made.tenant.id, made.tenant.outs);
      await provider.readApplication(made.key.id, made.key.outs);
      await provider.readApplication(made.secret.id, made.secret.outs);
      const { getTenants, getTenant, getTenantApplications, getTenantApplication } =
        sandbox().control.requests();
      return { getTenants, getTenant, getTenantApplications, getTenantApplication };
    };
    const pages = Math.ceil(sandbox().control.tenants().length / 20);
    assert.deepEqual(await refresh(), {
      getTenants: pages,
      getTenant: 0,
      getTenantApplications: 1,
      getTenantApplication: 0,
    });
    sandbox().control.configure({ hideFromList: [made.tenant.id, made.key.id] });
    assert.deepEqual(await refresh(), {
      getTenants: pages,
      getTenant: 1,
      getTenantApplications: 1,
      getTenantApplication: 1,
    });
    assert.equal(warnings.filter((text) => text.includes(`tenant "${name}"`)).length, 1);
  });

  it("leaves the state once it is deleted, and is created again", async () => {
    const { tenant, key, secret, publicKey } = made;
    const { control } = sandbox();
    control.deleteApplication(key.id);
    const first = start();
    assert.equal((await first.readApplication(key.id, key.outs)).id, "");
    const again = await first.createApplication(tenant.id, `${name}/key`, { authMethod: "EC", publicKey });
    assert.deepEqual(existing(), [secret.id, again.id]);
    control.deleteTenant(tenant.id);
    const other = await maker.createTenant(`${name}other`);
    const second = start();
    await second.readTenant(other.id, other.outs);
    assert.equal((await second.readTenant(tenant.id, tenant.outs)).id, "");
    assert.equal((await second.readApplication(secret.id, secret.outs)).id, "");
    assert.notEqual((await second.createTenant(name)).id, tenant.id);
  });
});

describe("a create whose answer was lost, and a list that lacks it once", function () {
  const { sandbox } = useSandboxApi({ quota: 1000 });
  const journal = useJournalFile();
  const start = (more?: Record<string, string>) => startProvider(sandbox(), journal.file, more);
  const emptyOnce = (operation: "getTenants" | "getTenantApplications"): void => {
    sandbox().control.addFault({ operation, kind: "status", status: 200, body: '{"items":[],"_links":{}}' });
  };
  /** Makes a create fail for good, although it is carried out: it cannot be looked for either. */
  const lose = async (create: () => Promise<unknown>): Promise<void> => {
    const { control } = sandbox();
    for (const operation of ["createTenant", "createTenantApplication"] as const)
      control.addFault({ operation, kind: "reset-after" });
    for (const operation of ["getTenants", "getTenantApplications"] as const)
      control.addFault({ operation, kind: "status", status: 403, nth: operation === "getTenants" ? 1 : 2 });
    await assert.rejects(create());
    control.clearFaults();
  };

  it("still finds the tenant", async () => {
    await lose(() => start().createTenant("lost"));
    emptyOnce("getTenants");
    const { id } = await start().createTenant("lost");
    const found = sandbox()
      .control.tenants()
      .filter((tenant) => tenant.name === "lost");
    assert.deepEqual(
      found.map(({ tenantId }) => tenantId),
      [id],
    );
  });

  it("keeps the create of a tenant open while no list contains it, even if its name is refused repeatedly", async () => {
    await lose(() => start().createTenant("hidden"));
    const [tenant] = sandbox()
      .control.tenants()
      .filter((one) => one.name === "hidden");
    sandbox().control.configure({ hideFromList: [tenant!.tenantId] });
    for (let run = 0; run < 2; run += 1)
      await assert.rejects(start().createTenant("hidden"), mentioning('"hidden"', "`pulumi up`"));
    sandbox().control.configure({ hideFromList: [] });
    assert.equal((await start().createTenant("hidden")).id, tenant!.tenantId);
  });

  it("still finds the application, and creates no second one", async () => {
    const { id: tenantId } = await start().createTenant("withapp");
    const inputs = { authMethod: "EC", publicKey: newPublicKey() };
    const make = () => start().createApplication(tenantId, "withapp/eu-1/default", inputs);
    await lose(make);
    const applications = () =>
      sandbox()
        .control.tenants()
        .find((one) => one.tenantId === tenantId)!
        .applications.map(({ applicationId }) => applicationId);
    const [lost] = applications();
    emptyOnce("getTenantApplications");
    assert.equal((await make()).id, lost);
    assert.deepEqual(applications(), [lost]);
  });

  it("never deletes an application that existed before, and that a list lacked then", async () => {
    const { id: tenantId } = await start().createTenant("older");
    const older = await start().createApplication(tenantId, "older/eu-1/a");
    // Of another stack's journal, or made by hand: nothing here knows it.
    const foreignJournal = `${journal.file}.other`;
    emptyOnce("getTenantApplications");
    sandbox().control.addFault({ operation: "createTenantApplication", kind: "reset-before" });
    const provider = startProvider(sandbox(), foreignJournal, { replaceLostApplications: "true" });
    await assert.rejects(provider.createApplication(tenantId, "older/eu-1/b"));
    assert.equal(sandbox().control.requests().deleteTenantApplication, 0);
    assert.ok(
      sandbox()
        .control.tenants()
        .some(({ applications }) => applications.some(({ applicationId }) => applicationId === older.id)),
    );
  });
});

describe("servers of the API that lag behind this run's changes", function () {
  const { sandbox, api } = useSandboxApi({ quota: 1000 });
  const journal = useJournalFile();
  const start = () => startProvider(sandbox(), journal.file);
  const statuses = (operation: Operation) =>
    sandbox()
      .control.requestLog()
      .filter((record) => record.operation === operation)
      .map(({ status }) => status);

  /** Lags in one way until a request of that kind was answered by it. */
  async function lagOnce(
    operation: Operation,
    lag: "appCreate404Ms" | "tenantDelete409Ms" | "nameTaken409Ms",
    work: () => Promise<unknown>,
  ): Promise<void> {
    const before = statuses(operation).length;
    sandbox().control.configure({ [lag]: 3_600_000 });
    const done = work();
    while (statuses(operation).length === before) await delay(1);
    sandbox().control.configure({ [lag]: 0 });
    await done;
  }

  beforeEach(() => {
    sandbox().control.configure(calm);
  });

  it("are asked again for an application in a tenant that this run has created", async () => {
    const provider = start();
    const { id } = await provider.createTenant("acme");
    await lagOnce("createTenantApplication", "appCreate404Ms", () =>
      provider.createApplication(id, "acme/eu-1/default"),
    );
    assert.deepEqual(
      [statuses("createTenantApplication").at(0), statuses("createTenantApplication").at(-1)],
      [404, 201],
    );
  });

  it("are not asked again in a tenant that another run has created", async () => {
    const { id } = await start().createTenant("globex");
    sandbox().control.configure({ appCreate404Ms: 60_000 });
    await assert.rejects(start().createApplication(id, "globex/eu-1/default"), mentioning("404"));
    assert.deepEqual(statuses("createTenantApplication"), [404]);
  });

  it("are asked again to delete a tenant that this run has emptied, and to reuse its name", async () => {
    const maker = start();
    const tenant = await maker.createTenant("initech");
    const application = await maker.createApplication(tenant.id, "initech/eu-1/default");
    const provider = start();
    await provider.deleteApplication(application.id, application.outs);
    await lagOnce("deleteTenant", "tenantDelete409Ms", () => provider.deleteTenant(tenant.id, tenant.outs));
    assert.deepEqual([statuses("deleteTenant").at(0), statuses("deleteTenant").at(-1)], [409, 204]);
    await lagOnce("createTenant", "nameTaken409Ms", async () => {
      assert.notEqual((await provider.createTenant("initech")).id, tenant.id);
    });
    assert.deepEqual([statuses("createTenant").at(-2), statuses("createTenant").at(-1)], [409, 201]);
  });

  it("are not asked again to delete a tenant that another run has emptied, or that contains another application", async () => {
    const maker = start();
    const tenant = await maker.createTenant("umbrella");
    const application = await maker.createApplication(tenant.id, "umbrella/eu-1/default");
    const provider = start();
    const other = await api().createApplication(tenant.id, {
      cell: "eu-1",
      scopes: ["documents.submissions.read"],
      authentication: { type: "CLIENT_SECRET" },
    });
    await provider.deleteApplication(application.id, application.outs);
    await assert.rejects(provider.deleteTenant(tenant.id, tenant.outs), mentioning(other.applicationId));
    assert.deepEqual(statuses("deleteTenant"), [409]);
    sandbox().control.deleteApplication(other.applicationId);
    sandbox().control.configure({ tenantDelete409Ms: 60_000 });
    await assert.rejects(start().deleteTenant(tenant.id, tenant.outs), mentioning("409"));
    assert.deepEqual(statuses("deleteTenant"), [409, 409]);
  });
});
