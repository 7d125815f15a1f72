import { strict as assert } from "node:assert";

import { fillIn, type Visitor } from "../../../sandbox/service/browser";
import { mentions } from "../../support/mentions";
import { isWithoutBrowser, usePages } from "./suite";

(isWithoutBrowser ? describe.skip : describe)("several people at the page", function () {
  const { service, enter } = usePages();

  async function waiting(rita: Visitor, name = "acme"): Promise<string> {
    await fillIn(rita, { name });
    await rita.press("button[value=send]");
    await service().plan(rita.requestId, name);
    return rita.requestId;
  }

  it("shows the second decider what the first one did, and records nothing of it", async () => {
    const id = await waiting(await enter("rita"));
    // One of them has a page that does not change by itself.
    const [anna, amir] = [await enter("anna"), await enter("amir", { javaScriptEnabled: false })];
    for (const visitor of [anna, amir]) await visitor.open(`/requests/${id}`);
    await anna.press("button[value=approve]");
    await anna.typePassword();
    await amir.press("button[value=refuse]");
    // Nobody logs in for nothing.
    assert.match(await amir.page.innerText(".problem"), /Anna Approver approved .*\d\d:\d\d UTC/);
    await amir.press("main a");
    assert.equal(await amir.page.locator(".state.queued").count(), 1);
    const { approvals } = (await (await service().as("otto")).expect(200, "GET", `/requests/${id}`)) as {
      approvals: unknown[];
    };
    assert.equal(approvals.length, 1);
  });

  it("removes the buttons while a person is looking, and keeps what they write", async () => {
    const id = await waiting(await enter("rita"));
    const [anna, amir] = [await enter("anna"), await enter("amir")];
    const eve = await enter("eve");
    for (const visitor of [anna, amir, eve]) await visitor.open(`/requests/${id}`);
    await eve.page.fill("input[name=comment]", "I think");
    await anna.press("button[value=refuse]");
    await anna.typePassword();
    await amir.page.locator("button[value=approve]").waitFor({ state: "detached" });
    await amir.until("refused");
    await eve.page.locator("#card .added").waitFor();
    assert.equal(await eve.page.inputValue("input[name=comment]"), "I think");
    await eve.press("button[value=approve]");
    assert.match(await eve.page.innerText(".problem"), /Anna Approver refused .*\d\d:\d\d UTC/);
  });

  it("sends a request back with a question that its requester finds, and answers without a script", async () => {
    const rita = await enter("rita", { javaScriptEnabled: false });
    const id = await waiting(rita);
    const anna = await enter("anna", { javaScriptEnabled: false });
    await anna.open(`/requests/${id}`);
    await anna.page.fill("form[action$='/questions'] textarea", "Which contract is it?");
    await anna.press("form[action$='/questions'] button");
    await rita.open("/");
    const waitsForHer = rita.page.locator("section").first();
    assert.equal(await waitsForHer.locator(`a[href="/requests/${id}"]`).count(), 1);
    await rita.press(`a[href="/requests/${id}"]`);
    await rita.page.fill("form[action$='/answers'] textarea", "Contract 7");
    await rita.press("form[action$='/answers'] button");
    await anna.open(`/requests/${id}`);
    const text = await anna.text();
    for (const said of [
      "Anna Approver asked",
      "Which contract is it?",
      "Rita Requester answered",
      "Contract 7",
    ])
      assert.ok(text.includes(said), said);
    assert.equal(await anna.page.locator(".state.waitingForApproval").count(), 1);
  });

  it("withdraws a request, and opens the form with its fields for the next one", async () => {
    const rita = await enter("rita");
    const id = await waiting(rita);
    await rita.open(`/requests/${id}`);
    await rita.press("button[name=then]");
    assert.deepEqual(
      [await rita.page.inputValue("#name"), await rita.page.inputValue("#reason")],
      ["acme", "A new customer"],
    );
    await rita.open(`/requests/${id}`);
    assert.equal(await rita.page.locator(".state.withdrawn").count(), 1);
  });

  it("leads from one decision to the next, each with its own log-in", async () => {
    const rita = await enter("rita");
    const [one, other] = [await waiting(rita, "one"), await waiting(rita, "other")];
    const anna = await enter("anna");
    await anna.open(`/requests/${one}`);
    await anna.press("button[value=approve]");
    await anna.typePassword();
    await anna.press(`a[role=button][href="/requests/${other}"]`);
    await anna.press("button[value=approve]");
    assert.equal(await anna.page.locator("input[name=password]").count(), 1);
  });

  it("shows while a name is typed that it is free, or who has requested it, even in an incomplete form", async () => {
    await waiting(await enter("ravi"));
    const rita = await enter("rita");
    await rita.open("/requests/new");
    await rita.page.selectOption("#stage", "production");
    await rita.page.fill("#name", "acme");
    await rita.page.locator("#name-problem", { hasText: "Ravi Requester" }).waitFor();
    await rita.page.fill("#name", "acme2");
    await rita.page.locator("#name-note:not(:empty)").waitFor();
    assert.equal(await rita.page.innerText("#name-problem"), "");
  });

  it("shows what is paused, and lets an administrator resume it", async () => {
    const id = await waiting(await enter("rita"));
    const ada = await enter("ada");
    await ada.open("/administration");
    await ada.page.click("summary");
    await ada.page.fill("details input[name=reason]", "The vendor has an outage");
    await ada.press("details button");
    const anna = await enter("anna");
    await anna.open(`/requests/${id}`);
    await anna.press("button[value=approve]");
    await anna.typePassword();
    await anna.open(`/requests/${id}`);
    mentions(await anna.text(), "Ada Administrator", "The vendor has an outage");
    await ada.page.fill("section input[name=reason]", "It is over");
    await ada.press("section button");
    await anna.open(`/requests/${id}`);
    assert.ok(!(await anna.text()).includes("The vendor has an outage"));
  });

  it("lets an approver name a deputy, and end it", async () => {
    // Somebody can be named who has been here.
    await enter("amir");
    const anna = await enter("anna");
    await anna.open("/away");
    await anna.page.selectOption("select[name=deputy]", { label: "Amir Approver" });
    const day = new Date(Date.now() + 3 * 24 * 3_600_000).toISOString().slice(0, 10);
    await anna.page.fill("input[name=until]", day);
    await anna.press("form[action='/away'] button");
    const deputy = anna.page.locator("section strong", { hasText: "Amir Approver" });
    assert.equal(await deputy.count(), 1);
    await anna.press("form[action='/away/end'] button");
    assert.equal(await deputy.count(), 0);
  });
});
