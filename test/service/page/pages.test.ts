import { strict as assert } from "node:assert";

import { fillIn } from "../../../sandbox/service/browser";
import { hostile, isWithoutBrowser, usePages } from "./suite";

(isWithoutBrowser ? describe.skip : describe)("the page, in a real browser", function () {
  const { service, enter } = usePages();

  it("leads a request to its approval by a second person, who logs in again for it", async () => {
    const rita = await enter("rita");
    await fillIn(rita, { name: "acme" });
    await rita.press("button[value=send]");
    const id = rita.requestId;
    await service().plan(id, "one");
    await rita.open(`/requests/${id}`);
    assert.equal(await rita.page.locator("button[value=approve]").count(), 0);

    const anna = await enter("anna");
    await anna.press(`a[href="/requests/${id}"]`);
    await anna.press("button[value=approve]");
    await anna.typePassword();
    assert.match(await anna.text(), /sha256:/);
    await anna.open(`/requests/${id}`);
    assert.equal(await anna.page.locator(".state.queued").count(), 1);
  });

  it("returns a refused request with its fields and its comment", async () => {
    const rita = await enter("rita");
    await fillIn(rita, { name: "acme", reason: "Because" });
    await rita.press("button[value=send]");
    const id = rita.requestId;
    await service().plan(id, "one");
    const anna = await enter("anna");
    await anna.open(`/requests/${id}`);
    await anna.page.fill("input[name=comment]", "Which contract is it?");
    await anna.press("button[value=refuse]");
    await anna.typePassword();

    await rita.open(`/requests/${id}`);
    assert.ok((await rita.text()).includes("Which contract is it?"));
    await rita.press(`a[href="/requests/new?from=${id}"]`);
    assert.deepEqual(
      [await rita.page.inputValue("#name"), await rita.page.inputValue("#reason")],
      ["acme", "Because"],
    );
    await rita.page.fill("#reason", "Contract 7");
    await rita.press("button[value=send]");
    assert.notEqual(rita.requestId, id);
  });

  it("shows while a name is typed what is wrong with it, and whether it is taken", async () => {
    const rita = await enter("rita");
    await fillIn(rita, { name: "acme" });
    await rita.press("button[value=send]");
    await rita.open("/requests/new");
    const problem = rita.page.locator("#name-problem:not(:empty)");
    await rita.page.fill("#name", "Not a name");
    await problem.waitFor();
    await rita.page.selectOption("#stage", "production");
    await rita.page.fill("#customerId", "CRM-2");
    await rita.page.check("input[name=cells][value=eu-1]");
    await rita.page.fill("#reason", "Again");
    await rita.page.fill("#name", "acme");
    await rita.page.locator("#name-problem", { hasText: "already" }).waitFor();
  });

  it("lets an administrator break the glass with a reason, and a second person review it", async () => {
    const rita = await enter("rita");
    await fillIn(rita, { name: "acme" });
    await rita.press("button[value=send]");
    const id = rita.requestId;
    await service().plan(id, "one");
    const ada = await enter("ada");
    await ada.open(`/requests/${id}`);
    await ada.page.click("summary");
    await ada.page.fill("details input[name=reason]", "The customer goes live today");
    await ada.press("details button");
    assert.equal(await ada.page.locator(".state.queued").count(), 1);
    const anna = await enter("anna");
    await anna.open("/requests");
    assert.equal(await anna.page.locator(".glass").count(), 1);
    await anna.open(`/requests/${id}`);
    await anna.page.fill(".problem input[name=reason]", "It was so");
    await anna.press(".problem button");
    assert.ok((await anna.text()).includes("Anna Approver reviewed it: It was so"));
  });

  it("keeps drafts, and sends several of them together", async () => {
    const rita = await enter("rita");
    for (const name of ["acme", "beta"]) {
      await fillIn(rita, { name });
      await rita.press("button[value=draft]");
    }
    await rita.press("form[action='/drafts/send'] button[value=send]");
    const text = await rita.text();
    assert.ok(text.includes("acme") && text.includes("beta"));
    const { items } = (await (await service().as("rita")).expect(200, "GET", "/requests")) as {
      items: { batchId?: string }[];
    };
    assert.equal(items.length, 2);
    assert.equal(new Set(items.map(({ batchId }) => batchId)).size, 1);
  });

  it("works without a script", async () => {
    const rita = await enter("rita", { javaScriptEnabled: false });
    await fillIn(rita, { name: "Not a name" });
    await rita.press("button[value=send]");
    assert.notEqual((await rita.page.innerText("#name-problem")).trim(), "");
    await rita.page.fill("#name", "acme");
    await rita.press("button[value=send]");
    const id = rita.requestId;
    await service().plan(id, "one");
    const amir = await enter("amir", { javaScriptEnabled: false });
    await amir.open(`/requests/${id}`);
    await amir.press("button[value=approve]");
    await amir.typePassword();
    await rita.open(`/requests/${id}`);
    assert.equal(await rita.page.locator(".state.queued").count(), 1);
    await rita.open(`/requests/${id}`);
  });

  it("shows progress as it happens", async () => {
    const rita = await enter("rita");
    await fillIn(rita, { name: "acme" });
    await rita.press("button[value=send]");
    await service().plan(rita.requestId, "one");
    // Nobody loads the page again: the script does.
    await rita.page.locator(".state.waitingForApproval").waitFor();
  });

  it("shows a hostile reason and name as text, and makes a double click one request", async () => {
    const rita = await enter("rita");
    await fillIn(rita, { name: hostile.slice(0, 60), reason: hostile });
    await rita.press("button[value=send]");
    await rita.page.fill("#name", "acme");
    await rita.page.dblclick("button[value=send]");
    await rita.page.waitForURL(/requests\/[0-9a-f-]{36}$/);
    const id = rita.requestId;
    await service().plan(id, hostile);
    for (const username of ["anna", "otto"]) {
      const visitor = await enter(username);
      for (const place of ["/", "/requests", `/requests/${id}`]) {
        await visitor.open(place);
        assert.doesNotMatch(await visitor.page.title(), /owned/);
      }
    }
    const otto = await enter("otto");
    await otto.open("/audit");
    assert.doesNotMatch(await otto.page.title(), /owned/);
    const { items } = (await (await service().as("rita")).expect(200, "GET", "/requests")) as {
      items: unknown[];
    };
    assert.equal(items.length, 1);
  });
});
