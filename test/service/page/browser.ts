import { execFile } from "node:child_process";
import { access, mkdir } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const run = promisify(execFile);

/** Where Debian, Ubuntu and Chrome's own package put it. */
const usualPlaces = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Tells whether tests that need a browser are left out, on purpose: they are then printed as pending. */
export const isWithoutBrowser = process.env["TEST_WITHOUT_BROWSER"] === "1";

/**
 * Opens a real browser: that of `CHROMIUM_PATH`, else the system's, else Debian's, which root installs.
 *
 * @throws where there is none
 */
export async function openBrowser(): Promise<Browser> {
  const executablePath = await findBrowser();
  // Chromium's own sandbox does not start for root.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath, args });
}

async function findBrowser(): Promise<string> {
  const given = process.env["CHROMIUM_PATH"];
  if (given !== undefined) return given;
  const found = await firstOf(usualPlaces);
  if (found !== undefined) return found;
  if (process.getuid?.() === 0 && (await firstOf(["/usr/bin/apt-get"])) !== undefined) {
    await run("apt-get", ["update"]);
    await run("apt-get", ["install", "--yes", "--no-install-recommends", "chromium"]);
    return "/usr/bin/chromium";
  }
  throw new Error(
    "The tests of the page need a browser: install Chromium, or name one in CHROMIUM_PATH. TEST_WITHOUT_BROWSER=1 leaves them out.",
  );
}

async function firstOf(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) {
    const isThere = await access(file).then(
      () => true,
      () => false,
    );
    if (isThere) return file;
  }
  return undefined;
}

/** Somebody at a browser of their own. */
export class Visitor {
  private constructor(
    readonly page: Page,
    private readonly url: string,
    private readonly username: string,
  ) {}

  /** Opens a window, and logs somebody in. */
  static async logIn(
    browser: Browser,
    url: string,
    username: string,
    options: BrowserContextOptions = {},
  ): Promise<Visitor> {
    const context = await browser.newContext({ viewport: { width: 1024, height: 768 }, ...options });
    const visitor = new Visitor(await context.newPage(), url, username);
    await visitor.open("/login?returnTo=/");
    await visitor.typePassword();
    return visitor;
  }

  async open(place: string): Promise<void> {
    await this.page.goto(`${this.url}${place}`);
  }

  /** Logs in at the identity provider's page. */
  async typePassword(): Promise<void> {
    await this.page.fill("input[name=username]", this.username);
    await this.page.fill("input[name=password]", this.username);
    await this.press("main button");
  }

  /** Presses a button, or follows a link, and waits for the page that comes. */
  async press(selector: string): Promise<void> {
    await Promise.all([this.page.waitForEvent("load"), this.page.click(selector)]);
  }

  async text(): Promise<string> {
    return this.page.innerText("main");
  }

  /** Keeps a picture, for whoever wants to look. */
  async picture(name: string): Promise<void> {
    const folder = path.join(os.tmpdir(), "resistant-tenants-pages");
    await mkdir(folder, { recursive: true });
    await this.page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
