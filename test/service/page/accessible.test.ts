import { strict as assert } from "node:assert";

import { fillIn } from "../../../sandbox/service/browser";
import { saveCustomer } from "../records/customer";
import { addPerson } from "../records/service";
import { hostile, isWithoutBrowser, usePages } from "./suite";

(isWithoutBrowser ? describe.skip : describe)("the page, for everybody", function () {
  const { service, enter } = usePages();
  this.timeout(400_000);

  it("moves nothing for who wants no motion", async () => {
    const rita = await enter("rita", { reducedMotion: "reduce" });
    await rita.open("/requests/new");
    const durations = await rita.page.evaluate(
      "[...document.querySelectorAll('*')].map((one) => getComputedStyle(one)).filter((style) => parseFloat(style.transitionDuration) > 0 || style.animationName !== 'none').length",
    );
    assert.equal(durations, 0);
  });

  it("can be used by keyboard alone, from asking to the decision", async () => {
    const rita = await enter("rita");
    await rita.open("/requests/new");
    const { keyboard } = rita.page;
    /** Goes on by the tabulator to what has an id, a value or a name. */
    const goTo = async (name: string, { page } = rita): Promise<void> => {
      for (let presses = 0; presses < 60; presses++) {
        const at = await page.evaluate(
          "[document.activeElement.id, document.activeElement.value, document.activeElement.getAttribute('href')].join(' ')",
        );
        if (String(at).split(" ").includes(name)) return;
        await page.keyboard.press("Tab");
      }
      assert.fail(`${name} cannot be reached`);
    };
    await goTo("#content");
    await goTo("stage");
    await keyboard.type("production");
    await goTo("name");
    await keyboard.type("acme");
    await goTo("customerId");
    await keyboard.type("CRM-1");
    await goTo("eu-1");
    await keyboard.press("Space");
    await goTo("reason");
    await keyboard.type("By keyboard");
    await goTo("send");
    await Promise.all([rita.page.waitForURL(/requests\/[0-9a-f-]{36}$/), keyboard.press("Enter")]);
    await service().plan(rita.requestId, "one");

    const anna = await enter("anna");
    await goTo(`/requests/${rita.requestId}`, anna);
    await Promise.all([anna.page.waitForEvent("load"), anna.page.keyboard.press("Enter")]);
    await goTo("approve", anna);
    await Promise.all([anna.page.waitForEvent("load"), anna.page.keyboard.press("Enter")]);
    await anna.typePassword();
    await rita.until("queued");
  });

  it("shows what is hostile as text, on every page that shows it", async () => {
    const { context } = service();
    const person = await addPerson(context, { name: hostile, roles: ["requester"] });
    const anna = await enter("anna");
    const rita = await enter("rita");
    await fillIn(rita, { name: "acme", reason: hostile });
    await rita.press("button[value=send]");
    const id = rita.requestId;
    await service().plan(id, hostile);
    await anna.open(`/requests/${id}`);
    await anna.page.fill("form[action$='/questions'] textarea", hostile);
    await anna.press("form[action$='/questions'] button");
    await rita.open(`/requests/${id}`);
    await rita.page.fill("form[action$='/answers'] textarea", hostile);
    await rita.press("form[action$='/answers'] button");
    const customer = await saveCustomer(
      {
        ...service().testService,
        submit: async (_caller, request) =>
          service().testService.submit(person, {
            ...request,
            reason: hostile.slice(0, 500),
          }),
      },
      person,
      "beta",
    );
    const eve = await enter("eve");
    const encoded = encodeURIComponent(hostile);
    for (const place of [
      ...[
        "/",
        "/requests",
        `/requests/${id}`,
        `/requests/${customer.requestId}`,
        "/customers",
        "/audit",
        "/due",
      ],
      ...["/customers/production/beta", `/search?q=${encoded}`, `/requests?customer=${encoded}`, "/away"],
      ...[
        `/audit?actor=${encoded}`,
        `/customers?q=${encoded}`,
        "/administration",
        `/requests/new?from=${id}`,
      ],
    ]) {
      await eve.open(place);
      assert.doesNotMatch(await eve.page.title(), /owned/, place);
      assert.equal(await eve.page.locator("img").count(), 0, place);
      assert.equal(await eve.page.locator("h1", { hasText: "There is nothing here" }).count(), 0, place);
    }
  });
});
