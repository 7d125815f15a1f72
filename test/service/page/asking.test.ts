import { strict as assert } from "node:assert";

import { mentions } from "../../support/mentions";
import { saveCustomer } from "../records/customer";
import { addPerson } from "../records/service";
import { flawsOf, isWithoutBrowser, usePages, widthOf } from "./suite";

(isWithoutBrowser ? describe.skip : describe)("what can be asked for on the page", function () {
  const { service, enter } = usePages();

  async function customers(...names: string[]): Promise<void> {
    const person = await addPerson(service().context, { roles: ["requester"] });
    for (const name of names) await saveCustomer(service().testService, person, name, ["eu-1", "us-1"]);
  }

  async function asked(id: string): Promise<Record<string, unknown>> {
    const { asked: found } = await service()
      .context.database.selectFrom("requests")
      .select("asked")
      .where("id", "=", id)
      .executeTakeFirstOrThrow();
    return found as Record<string, unknown>;
  }

  it("lets applications be added, removed and changed, without a script", async () => {
    await customers("acme");
    const rita = await enter("rita", { javaScriptEnabled: false });
    await rita.open("/customers/production/acme");
    await rita.press("a[href*='kind=changeCustomer']");
    await rita.press("button[value=addApplication]");
    await rita.page.selectOption("#app-2-cell", "eu-1");
    await rita.page.fill("#app-2-purpose", "Not a purpose");
    await rita.page.selectOption("#app-2-authMethod", "EC");
    await rita.page.uncheck("input[name=app-2-scopes][value='documents.submissions.write']");
    await rita.page.fill("#reason", "A second system");
    await rita.press("button[value=send]");
    mentions(await rita.page.innerText("#app-2-purpose-problem"), "1", "32");
    await rita.page.fill("#app-2-purpose", "ingest");
    await rita.page.check("input[name=app-1-remove]");
    await rita.press("button[value=send]");
    mentions(await rita.page.innerText("#cells-problem"), "us-1");
    await rita.page.uncheck("input[name=cells][value=us-1]");
    await rita.press("button[value=send]");
    const { customer } = await asked(rita.requestId);
    assert.deepEqual(customer, {
      ...{ name: "acme", customerId: "crm-acme", cells: ["eu-1"] },
      applications: [
        { cell: "eu-1" },
        { cell: "eu-1", purpose: "ingest", authMethod: "EC", scopes: ["documents.submissions.read"] },
      ],
    });
  });

  it("offers an upgrade of chosen customers, without a script", async () => {
    await customers("acme", "beta", "gamma");
    const rita = await enter("rita", { javaScriptEnabled: false });
    await rita.open("/customers");
    await rita.press("a[href='/requests/new?kind=upgrade&stage=production']");
    assert.equal(await rita.page.locator("input[name=customers]:checked").count(), 3);
    await rita.press("a[href$='pick=none']");
    await rita.page.fill("#reason", "A new release");
    await rita.press("button[value=send]");
    assert.notEqual(await rita.page.innerText("#customers-problem"), "");
    for (const name of ["acme", "gamma"]) await rita.page.check(`input[value=${name}]`);
    await rita.press("button[value=send]");
    const { kind, customers: chosen } = await asked(rita.requestId);
    assert.deepEqual([kind, chosen], ["upgrade", ["acme", "gamma"]]);
  });

  it("has no flaw that axe finds in these forms, and needs no scrolling aside at 320 px", async () => {
    await customers("acme");
    for (const colorScheme of ["light", "dark"] as const) {
      const rita = await enter("rita", { colorScheme, viewport: { width: 320, height: 640 } });
      await rita.open("/requests/new?kind=changeCustomer&stage=production&name=acme");
      await rita.press("button[value=addApplication]");
      await rita.picture(`${colorScheme}-change-applications`);
      assert.deepEqual(await flawsOf(rita), []);
      assert.ok((await widthOf(rita)) <= 320);
      await rita.open("/requests/new?kind=upgrade&stage=production");
      await rita.picture(`${colorScheme}-upgrade`);
      assert.deepEqual(await flawsOf(rita), []);
      assert.ok((await widthOf(rita)) <= 320);
    }
  });

  it("finds one of very many customers, and has all of them to choose from for an upgrade", async () => {
    await customers("acme");
    await service().database.asOwner(
      `insert into customers select (more).* from (select jsonb_populate_record(customers, jsonb_build_object(
         'id', gen_random_uuid(), 'name', 'many' || n, 'stack', 'production-many' || n)) as more
       from customers, generate_series(1, 600) n) as rows`,
    );
    const rita = await enter("rita");
    await rita.open("/customers");
    mentions(await rita.text(), "401");
    for (const place of ["/customers?q=many599", "/search?q=many599"]) {
      await rita.open(place);
      assert.equal(await rita.page.locator("a[href='/customers/production/many599']").count(), 1, place);
    }
    await rita.open("/requests/new?kind=upgrade&stage=production");
    await rita.page.fill("#reason", "A new release");
    await rita.press("button[value=send]");
    assert.equal(((await asked(rita.requestId))["customers"] as unknown[]).length, 601);
  });

  it("shows how a customer has changed meanwhile, and opens the form with its present state", async () => {
    await customers("acme");
    const rita = await enter("rita");
    await rita.open("/requests/new?kind=deprecate&stage=production&name=acme");
    await service().database.asOwner("update customers set etag = 'another' where name = 'acme'");
    await rita.page.fill("#reason", "It has left");
    await rita.press("button[value=send]");
    await rita.press(".problem a");
    await rita.page.fill("#reason", "It has left");
    await rita.press("button[value=send]");
    assert.equal((await asked(rita.requestId))["basedOn"], "another");
  });
});
