import { execFile } from "node:child_process";
import { access, mkdir } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

import { SandboxError } from "../errors";

const run = promisify(execFile);

/** The usual paths of Debian's, Ubuntu's and Chrome's own packages. */
const usualPlaces = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Debian's Chromium without windows: it takes half the processor time. */
const withoutWindows = "/usr/bin/chromium-headless-shell";

/**
 * Opens a real browser: that of `CHROMIUM_PATH`, else the system's, else Debian's, which root installs.
 *
 * @param isShown - Whether it is visible, at a speed that people can follow. Default: no.
 * @throws SandboxError `PREREQUISITE_MISSING` if there is none
 */
export async function openBrowser(isShown = false): Promise<Browser> {
  const executablePath = await findBrowser(isShown);
  // Chromium's own sandbox does not start for root.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath, args, headless: !isShown, ...(isShown ? { slowMo: 250 } : {}) });
}

async function findBrowser(isShown: boolean): Promise<string> {
  const given = process.env["CHROMIUM_PATH"];
  if (given !== undefined) return given;
  const found = await firstOf(isShown ? usualPlaces : [withoutWindows, ...usualPlaces]);
  if (found !== undefined) return found;
  if (process.getuid?.() === 0 && (await firstOf(["/usr/bin/apt-get"])) !== undefined) {
    await run("apt-get", ["update"]);
    const file = isShown ? "/usr/bin/chromium" : withoutWindows;
    await run("apt-get", ["install", "--yes", "--no-install-recommends", path.basename(file)]);
    return file;
  }
  throw new SandboxError(
    "PREREQUISITE_MISSING",
    "the page needs a browser: install Chromium, or name one in CHROMIUM_PATH (tests: TEST_WITHOUT_BROWSER=1 leaves them out)",
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

/** The person at a browser, and how they see the page. */
export interface VisitorOptions extends BrowserContextOptions {
  /** Default: the username, as for the sandbox's people. */
  password?: string;
  /** The folder for pictures. */
  pictures?: string | undefined;
}

/** A person at a separate browser. */
export class Visitor {
  private constructor(
    readonly page: Page,
    private readonly url: string,
    private readonly username: string,
    private readonly password: string,
    private readonly pictures: string | undefined,
  ) {}

  /** Opens a window, and logs a person in. */
  static async logIn(
    browser: Browser,
    url: string,
    username: string,
    { password = username, pictures, ...options }: VisitorOptions = {},
  ): Promise<Visitor> {
    const context = await browser.newContext({ viewport: { width: 1024, height: 768 }, ...options });
    const visitor = new Visitor(await context.newPage(), url, username, password, pictures);
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
    await this.page.fill("input[name=password]", this.password);
    await this.press("main button");
  }

  /** Clicks a button or a link, and waits for the next page. */
  async press(selector: string): Promise<void> {
    await Promise.all([this.page.waitForEvent("load"), this.page.click(selector)]);
  }

  async text(): Promise<string> {
    return this.page.innerText("main");
  }

  /** The id of the displayed request. */
  get requestId(): string {
    const id = /\/requests\/([0-9a-f-]{36})$/.exec(this.page.url())?.[1];
    if (id === undefined) throw new SandboxError("PROOF_FAILED", `no request is shown at ${this.page.url()}`);
    return id;
  }

  /** Waits until the displayed request is in a state, without reloading the page. */
  async until(state: string, timeout = 180_000): Promise<void> {
    await this.page.locator(`.state.${state}`).waitFor({ timeout });
  }

  /** Saves a picture, if there is a folder for them. */
  async picture(name: string): Promise<void> {
    if (this.pictures === undefined) return;
    await mkdir(this.pictures, { recursive: true });
    await this.page.screenshot({ path: path.join(this.pictures, `${name}.png`), fullPage: true });
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}

/** The fields of a request's form. */
export interface Asked {
  name: string;
  stage?: "testing" | "production";
  reason?: string;
  cells?: readonly string[];
}

/** Fills in the form of a new customer. */
export async function fillIn(
  visitor: Visitor,
  { name, stage = "production", reason = "A new customer", cells = ["eu-1"] }: Asked,
): Promise<void> {
  const { page } = visitor;
  await visitor.open("/requests/new");
  await page.fill("#name", name);
  await page.selectOption("#stage", stage);
  await page.fill("#customerId", "CRM-1042");
  for (const cell of cells) await page.check(`input[name=cells][value=${cell}]`);
  await page.fill("#reason", reason);
}
