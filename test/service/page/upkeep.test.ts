import { strict as assert } from "node:assert";

import { applied, applyFailed, applyStarted } from "resistant-tenants-service/actions/applied";
import { nextStep } from "resistant-tenants-service/page/next-step";
import { eventWords } from "resistant-tenants-service/page/words";

import { fillIn, type Visitor } from "../../../sandbox/service/browser";
import { mentions } from "../../support/mentions";
import { recordOf, saveCustomer } from "../records/customer";
import { addPerson } from "../records/service";
import { flawsOf, isWithoutBrowser, usePages, widthOf } from "./suite";

const dayMs = 24 * 3_600_000;

(isWithoutBrowser ? describe.skip : describe)("what is left to do, on the page", function () {
  const { service, enter } = usePages();

  async function askedOf(id: string): Promise<Record<string, unknown>> {
    const { asked } = await service()
      .context.database.selectFrom("requests")
      .select("asked")
      .where("id", "=", id)
      .executeTakeFirstOrThrow();
    return asked as Record<string, unknown>;
  }

  async function ask(visitor: Visitor, more: Record<string, string> = {}): Promise<string> {
    await fillIn(visitor, { name: "trial", stage: "testing" });
    await visitor.page.click("summary");
    for (const [name, text] of Object.entries(more)) await visitor.page.fill(`#${name}`, text);
    await visitor.press("button[value=send]");
    return visitor.requestId;
  }

  /** Does what the worker does, to the end. */
  async function apply(id: string, endsOn: string): Promise<void> {
    const { context } = service();
    const digest = await service().plan(id, id);
    await applyStarted(context, id, digest);
    const { customer } = (await askedOf(id)) as { customer: Record<string, unknown> };
    await applied(context, id, { entry: customer, record: recordOf("trial", "testing"), endsOn });
  }

  it("accepts an end date in a request, lists the customer when it is past, and writes the request that ends it", async () => {
    const rita = await enter("rita", { javaScriptEnabled: false });
    const yesterday = new Date(Date.now() - dayMs).toISOString().slice(0, 10);
    const id = await ask(rita, { endsOn: yesterday });
    assert.equal((await askedOf(id))["endsOn"], yesterday);
    await apply(id, yesterday);
    await rita.open("/customers/testing/trial");
    assert.ok((await rita.text()).includes(yesterday));

    await rita.open("/due");
    await rita.press("a[href='/requests/new?due=testing/trial']");
    await rita.press("button[value=send]");
    const { kind, customer } = await askedOf(rita.requestId);
    assert.deepEqual([kind, customer], ["delete", { name: "trial" }]);

    await rita.open("/requests/new?kind=changeCustomer&stage=testing&name=trial");
    assert.equal(await rita.page.inputValue("#endsOn"), yesterday);
    await rita.page.fill("#endsOn", "");
    await rita.page.fill("#reason", "It stays");
    await rita.press("button[value=send]");
    assert.equal((await askedOf(rita.requestId))["endsOn"], null);
  });

  it("shows leftovers without a flaw, also at 320 px, and an empty list if there are none", async () => {
    const rita = await enter("rita", { viewport: { width: 320, height: 640 } });
    await rita.open("/due");
    assert.match(await rita.text(), /Nothing is left over/);
    const yesterday = new Date(Date.now() - dayMs).toISOString().slice(0, 10);
    await apply(await ask(rita, { endsOn: yesterday }), yesterday);
    await service().database.asOwner(
      "insert into vendor_tenants values ('testing', $1, $2, now() - interval '1 day')",
      ["unknown-".repeat(20), "s".repeat(61)],
    );
    await rita.open("/due");
    assert.deepEqual(await flawsOf(rita), []);
    assert.ok((await widthOf(rita)) <= 320);
    await rita.picture("light-due-with-findings");
  });

  it("shows what failed and what to do next, and lets an administrator retry it", async () => {
    const rita = await enter("rita");
    const id = await ask(rita);
    const { context } = service();
    await applyStarted(context, id, await service().plan(id, "one"));
    await rita.until("applying");
    const detail = "The vendor answered 503 for customer trial, cell eu-1. Have it tried again later.";
    await applyFailed(context, id, { code: "VENDOR_DOWN", title: "The vendor is down", detail });
    await rita.until("failed");
    await rita.page.locator("#problem", { hasText: detail }).waitFor();
    const failed = { state: "failed" as const, questions: [] };
    const next = nextStep(failed, { isRequester: true, isAdministrator: false, mayDecide: false });
    assert.ok((await rita.text()).includes(next));
    assert.equal(await rita.page.locator("form[action$='/retry']").count(), 0);

    const ada = await enter("ada", { javaScriptEnabled: false });
    await ada.open("/");
    await ada.press(`a[href='/requests/${id}']`);
    await ada.press("form[action$='/retry'] button");
    assert.equal(await ada.page.locator(".state.previewing").count(), 1);
    await rita.until("previewing");
    assert.doesNotMatch(await rita.page.innerText("#problem"), /503/);
    await service().plan(id, "the rest");
    await rita.until("queued");
    mentions(await rita.page.innerText("#events"), eventWords.retried ?? "");
  });

  it("finds events by all of the API's criteria, and who held which role", async () => {
    const rita = await enter("rita");
    const id = await ask(rita);
    const otto = await enter("otto", { javaScriptEnabled: false });
    const searches: [string, string, boolean][] = [
      ["kind", "requested", true],
      ["requestId", id, true],
      ["requestId", "no id", false],
      ["requester", "Rita Requester", true],
      ["approver", "Rita Requester", false],
      ["stage", "testing", true],
      ["stage", "production", false],
      ["tenantId", "none", false],
    ];
    for (const [name, text, isFound] of searches) {
      await otto.open("/audit");
      await otto.page.click("summary");
      await otto.page.fill(`input[name=${name}]`, text);
      await otto.press("main form button");
      const found = await otto.page.locator("main td", { hasText: "Requested it" }).count();
      assert.equal(found > 0, isFound, `${name} ${text}`);
    }
    await otto.press("main a[href='/audit/roles']");
    await otto.page.fill("input[name=person]", "Rita Requester");
    await otto.press("main form button");
    assert.match(await otto.text(), /Rita Requester: requester/);
    await rita.open("/audit/roles");
    assert.doesNotMatch(await rita.text(), /Otto/);
  });

  it("requests new credentials of one application, without a script", async () => {
    const person = await addPerson(service().context, { roles: ["requester"] });
    await saveCustomer(service().testService, person, "acme", ["eu-1", "us-1"]);
    const rita = await enter("rita", { javaScriptEnabled: false });
    await rita.open("/customers/production/acme");
    await rita.press("a[href*='kind=rotate']");
    await rita.page.selectOption("#application", "us-1/default");
    await rita.page.fill("#reason", "It was in a mail");
    await rita.press("button[value=send]");
    const { kind, customer } = await askedOf(rita.requestId);
    assert.deepEqual(
      [kind, customer],
      ["rotate", { name: "acme", application: { cell: "us-1", purpose: "default" } }],
    );
  });
});
