import { strict as assert } from "node:assert";
import { randomUUID } from "node:crypto";

import { applied, applyFailed, applyStarted } from "resistant-tenants-service/actions/applied";

import { fillIn, type Visitor } from "../../../sandbox/service/browser";
import { newTenant } from "../http/harness";
import { recordOf, saveCustomer } from "../records/customer";
import { addPerson } from "../records/service";
import { flawsOf, hostile, isWithoutBrowser, usePages, widthOf } from "./suite";

interface Screen {
  readonly width: number;
  readonly colorScheme: "light" | "dark";
}

const screens: readonly Screen[] = [320, 768, 1280].flatMap((width) =>
  (["light", "dark"] as const).map((colorScheme) => ({ width, colorScheme })),
);

/** Who looks at which pages, by the name of their pictures. */
type Places = Readonly<Record<string, string>>;

(isWithoutBrowser ? describe.skip : describe)("every page, on every screen", function () {
  const { service, enter } = usePages();
  this.timeout(900_000);

  /** Looks at pages on some screens, and gives all that is wrong with them. */
  async function look(visitor: Visitor, places: Places, screensOf: (n: number) => readonly Screen[]) {
    const wrong: string[] = [];
    for (const [n, [name, place]] of Object.entries(places).entries()) {
      if (screensOf(n).length === 0) continue;
      await visitor.open(place);
      for (const { width, colorScheme } of screensOf(n)) {
        await visitor.page.setViewportSize({ width, height: 640 });
        await visitor.page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        const what = `${name}-${width}-${colorScheme}`;
        wrong.push(...(await flawsOf(visitor)).map((flaw) => `${what}: ${flaw}`));
        const wide = await widthOf(visitor);
        if (wide > width) wrong.push(`${what}: is ${wide} px wide`);
        await visitor.picture(what);
      }
    }
    return wrong;
  }

  const empty: Places = {
    ...{ "empty-home": "/", "empty-requests": "/requests", "empty-customers": "/customers" },
    ...{ "empty-due": "/due", "empty-audit": "/audit?actor=nobody", "empty-search": "/search?q=nothing" },
    ...{
      "empty-away": "/away",
      "empty-administration": "/administration",
      "empty-upgrade": "/requests/new?kind=upgrade&stage=production",
    },
  };

  /** Has something of every kind there, with the longest texts that may be. */
  async function fill(rita: Visitor): Promise<Places> {
    const { context, testService, database } = service();
    const [asks, decides, breaks] = [
      await service().as("rita"),
      await service().as("anna"),
      await service().as("ada"),
    ];
    const longest = "b".repeat(61);
    const person = await addPerson(context, { name: "Requester ".repeat(20), roles: ["requester"] });
    await saveCustomer(testService, person, longest, ["eu-1", "us-1"]);
    await saveCustomer(testService, person, "old");
    await database.asOwner(
      `update customers set status = 'deprecated', updated_at = now() - interval '100 days' where name = 'old'`,
    );
    await database.asOwner(
      "insert into vendor_tenants values ('testing', $1, $2, now() - interval '1 day')",
      ["unknown-".repeat(20), "s".repeat(61)],
    );
    const ask = async (more: object = {}): Promise<string> =>
      (await asks.submit({ ...newTenant(), ...more })).id;
    const planned = async (): Promise<string> => {
      const id = await ask();
      await service().plan(id, "unbreakable".repeat(20));
      return id;
    };
    const approved = async (): Promise<{ id: string; digest: string }> => {
      const id = await ask();
      const digest = await service().plan(id, id);
      await decides.expect(201, "POST", `/requests/${id}/approvals`, { decision: "approve", digest });
      return { id, digest };
    };
    const [previewing, waiting, withdrawn] = [
      await ask({ reason: hostile }),
      await planned(),
      await planned(),
    ];
    await decides.expect(201, "POST", `/requests/${waiting}/questions`, { text: "Which contract is it?" });
    await asks.expect(201, "POST", `/requests/${withdrawn}/withdrawal`, {});
    const refused = await ask();
    const digest = await service().plan(refused, "one");
    await decides.expect(201, "POST", `/requests/${refused}/approvals`, {
      decision: "refuse",
      digest,
      comment: hostile,
    });
    const queued = await approved();
    const applying = await approved();
    await applyStarted(context, applying.id, applying.digest);
    const failed = await approved();
    await applyStarted(context, failed.id, failed.digest);
    const detail = `The vendor answered 503 to https://${"long".repeat(60)}.example. Have it tried again later.`;
    await applyFailed(context, failed.id, { code: "VENDOR_DOWN", title: "The vendor is down", detail });
    const glass = await planned();
    await breaks.expect(201, "POST", `/requests/${glass}/break-glass`, {
      reason: "It cannot wait: ".repeat(20),
    });
    const done = newTenant({ stage: "testing" }) as { customer: { name: string } };
    const { id: doneId } = await asks.submit(done);
    await applyStarted(context, doneId, await service().plan(doneId, doneId));
    await applied(context, doneId, { entry: done.customer, record: recordOf(done.customer.name, "testing") });
    await breaks.expect(200, "PUT", "/pause", { paused: true, reason: hostile, stage: "production" });
    await fillIn(rita, { name: "another", reason: hostile });
    await rita.press("button[value=draft]");
    return {
      ...{ home: "/", form: "/requests/new", requests: "/requests", previewing: `/requests/${previewing}` },
      ...{
        waiting: `/requests/${waiting}`,
        refused: `/requests/${refused}`,
        withdrawn: `/requests/${withdrawn}`,
      },
      ...{
        queued: `/requests/${queued.id}`,
        applying: `/requests/${applying.id}`,
        done: `/requests/${doneId}`,
      },
      ...{ failed: `/requests/${failed.id}`, glass: `/requests/${glass}` },
      together: `/approvals?request=${waiting}&request=${previewing}`,
      ...{ customers: "/customers", customer: `/customers/production/${longest}`, search: "/search?q=acme" },
      ...{
        deprecated: "/customers/production/old",
        due: "/due",
        away: "/away",
        administration: "/administration",
      },
      ...{ audit: "/audit", verification: "/audit/verification", roles: "/audit/roles" },
      ...{
        nothing: `/requests/${randomUUID()}`,
        change: of("changeCustomer", longest),
        rotate: of("rotate", longest),
      },
      ...{
        deprecate: of("deprecate", longest),
        release: of("release", longest),
        delete: of("delete", "old"),
      },
      upgrade: "/requests/new?kind=upgrade&stage=production",
    };
  }

  const of = (kind: string, name: string): string =>
    `/requests/new?kind=${kind}&stage=production&name=${name}`;

  async function lookEverywhere(screensOf: (n: number) => readonly Screen[]): Promise<void> {
    const [eve, rita] = [await enter("eve"), await enter("rita")];
    const wrong = await look(eve, empty, screensOf);
    const places = await fill(rita);
    wrong.push(...(await look(eve, places, screensOf)));
    const own = Object.entries(places).filter(([name]) =>
      ["home", "waiting", "failed", "refused"].includes(name),
    );
    const asRequester = Object.fromEntries(own.map(([name, place]) => [`${name}-of-requester`, place]));
    wrong.push(...(await look(rita, { ...asRequester, forbidden: "/audit" }, screensOf)));
    await rita.page.context().clearCookies();
    wrong.push(...(await look(rita, { welcome: "/" }, screensOf)));
    assert.deepEqual(wrong, []);
  }

  it("has no flaw that axe finds, and needs no scrolling aside: every third page on one screen", () =>
    lookEverywhere((n) => (n % 3 === 0 ? [screens[(n / 3) % screens.length]!] : [])));

  it("@exhaustive has no flaw that axe finds, and needs no scrolling aside: each page on all of them", () =>
    lookEverywhere(() => screens));
});
