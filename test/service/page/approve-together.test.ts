import { strict as assert } from "node:assert";

import { fillIn, type Visitor } from "../../../sandbox/service/browser";
import { mentions } from "../../support/mentions";
import { flawsOf, hostile, isWithoutBrowser, usePages, widthOf } from "./suite";

(isWithoutBrowser ? describe.skip : describe)("several approvals on the page", function () {
  const { service, enter } = usePages();

  async function waiting(rita: Visitor, name: string, reason = "A new customer"): Promise<string> {
    await fillIn(rita, { name, reason });
    await rita.press("button[value=send]");
    await service().plan(rita.requestId, name);
    return rita.requestId;
  }

  /** Has another plan made of a request that waits. */
  async function planAgain(id: string): Promise<void> {
    await service().database.asOwner("update requests set state = 'previewing' where id = $1", [id]);
    await service().plan(id, `otherwise ${id}`);
  }

  async function stateOf(id: string): Promise<string> {
    const auditor = await service().as("otto");
    return (await auditor.request(id)).state;
  }

  it("are one log-in, each for its own plan; a plan that changed in between is left out, and named", async () => {
    const rita = await enter("rita", { javaScriptEnabled: false });
    const ids: string[] = [];
    for (const name of ["one", "two", "three", "four"]) ids.push(await waiting(rita, name));
    const [one = "", two = "", three = "", four = ""] = ids;
    const anna = await enter("anna", { javaScriptEnabled: false });
    await anna.open("/");
    for (const id of ids) await anna.page.check(`input[name=request][value='${id}']`);
    await anna.press("form[action='/approvals'] button");
    assert.equal(await anna.page.locator("article").count(), 4);
    await anna.page.uncheck(`input[name=plan][value^='${four}']`);
    await planAgain(three);
    await anna.press("form[action='/approvals'] button");
    // It is said before anybody logs in for it.
    mentions(await anna.page.innerText(".problem"), "three");
    assert.equal(await anna.page.locator("article").count(), 2);
    await anna.press("form[action='/approvals'] button");
    // What changes during the log-in is left out, too.
    await planAgain(two);
    await anna.typePassword();
    mentions(await anna.page.innerText(".problem"), "two");
    const states = await Promise.all([one, two, three, four].map(stateOf));
    assert.deepEqual(states, ["queued", "waitingForApproval", "waitingForApproval", "waitingForApproval"]);
    const { evidence } = await service()
      .context.database.selectFrom("approval_evidence")
      .select("evidence")
      .executeTakeFirstOrThrow();
    assert.deepEqual(
      (evidence as { together: { request: string }[] }).together.map(({ request }) => request),
      [one, two].sort(),
    );
  });

  it("are never offered to someone who may not decide, and show hostile text as text", async () => {
    const rita = await enter("rita");
    const ids = [await waiting(rita, "one", hostile), await waiting(rita, "two", hostile)];
    const query = ids.map((id) => `request=${id}`).join("&");
    await rita.open(`/approvals?${query}`);
    assert.equal(await rita.page.locator("form[action='/approvals']").count(), 0);
    for (const colorScheme of ["light", "dark"] as const) {
      const anna = await enter("anna", { colorScheme, viewport: { width: 320, height: 640 } });
      await anna.open("/");
      assert.deepEqual(await flawsOf(anna), []);
      await anna.picture(`${colorScheme}-waits-for-anna`);
      await anna.open(`/approvals?${query}`);
      assert.deepEqual(await flawsOf(anna), []);
      assert.ok((await widthOf(anna)) <= 320);
      assert.equal(await anna.page.locator("img").count(), 0);
      await anna.picture(`${colorScheme}-approve-together`);
    }
  });

  it("accept as long a comment as the field, in any script", async () => {
    const rita = await enter("rita");
    const id = await waiting(rita, "one");
    const anna = await enter("anna");
    await anna.open(`/requests/${id}`);
    await anna.page.fill("input[name=comment]", "漢".repeat(2_000));
    await anna.press("button[value=approve]");
    await anna.typePassword();
    assert.equal(await stateOf(id), "queued");
  });
});
