import os from "node:os";
import path from "node:path";

import axe from "axe-core";
import type { Browser } from "playwright-core";

import { openBrowser, Visitor, type VisitorOptions } from "../../../sandbox/service/browser";
import { type HttpService, startHttpService } from "../http/harness";
import { useDatabaseServer } from "../records/service";

/** Whether tests that need a browser are left out, on purpose: they are then printed as pending. */
export const isWithoutBrowser = process.env["TEST_WITHOUT_BROWSER"] === "1";

/** For whoever wants to look at them: build output. None in `npm test`, where nobody does (`test/run.js`). */
export const pictures =
  process.env["TEST_WITHOUT_PICTURES"] === "1"
    ? undefined
    : path.join(os.tmpdir(), "resistant-tenants-pages");

/** What nobody may be able to make the page run. */
export const hostile = `"><script>document.title="owned"</script><img src=x onerror=document.title="owned">`;

/** A service of each test's own, and people at browsers. */
export interface Pages {
  readonly service: () => HttpService;
  readonly enter: (username: string, options?: VisitorOptions) => Promise<Visitor>;
}

/** Has the tests of a suite share a browser and a database server. */
export function usePages(): Pages {
  const server = useDatabaseServer();
  const open: Visitor[] = [];
  let browser: Browser | undefined;
  let service: HttpService | undefined;
  const running = (): HttpService => {
    if (service === undefined) throw new Error("The service is started before each test.");
    return service;
  };
  before(async () => {
    browser = await openBrowser();
  });
  beforeEach(async () => {
    service = await startHttpService(server());
  });
  afterEach(async () => {
    for (const visitor of open.splice(0)) await visitor.close();
    await service?.close();
  });
  after(async () => {
    await browser?.close();
  });
  return {
    service: running,
    enter: async (username, options = {}) => {
      if (browser === undefined) throw new Error("The browser is opened before the tests.");
      const visitor = await Visitor.logIn(browser, running().url, username, { pictures, ...options });
      open.push(visitor);
      return visitor;
    },
  };
}

/** What axe finds wrong on the page that is shown. */
export async function flawsOf({ page }: Visitor): Promise<string[]> {
  // The page's own policy lets no other script in: this one comes as the browser's.
  const results = await page.evaluate(`${axe.source}; axe.run()`);
  const { violations } = results as { violations: { id: string; nodes: { html: string }[] }[] };
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

/** How wide the page is that is shown, in pixels. */
export async function widthOf({ page }: Visitor): Promise<number> {
  return Number(await page.evaluate("document.documentElement.scrollWidth"));
}
