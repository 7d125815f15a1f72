import { strict as assert } from "node:assert";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { takeCustomerFiles } from "../../operations/src/configuration/proposed-files";
import { UsageError } from "../../operations/src/usage";
import { runToSuccess } from "../../sandbox/process";
import { mentioning } from "../support/mentions";

describe("a pull request's files of customers", () => {
  let repository: string;
  /** The project lies in a folder of the repository. */
  let project: string;

  const git = (...args: string[]): Promise<string> =>
    runToSuccess("git", ["-c", "user.name=test", "-c", "user.email=test@localhost", ...args], {
      cwd: project,
    });
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(path.dirname(path.join(project, file)), { recursive: true });
    await writeFile(path.join(project, file), text);
  };
  const read = (file: string): Promise<string> => readFile(path.join(project, file), "utf8");
  const customers = async (): Promise<string[]> => (await readdir(path.join(project, "customers"))).sort();

  /** Commits what `change` does on a branch, and goes back to main. */
  async function propose(change: () => Promise<void>): Promise<string> {
    await git("checkout", "--quiet", "-B", "proposal", "main");
    await change();
    await git("add", "--all", ".");
    await git("commit", "--quiet", "--message", "proposal");
    const commit = (await git("rev-parse", "HEAD")).trim();
    await git("checkout", "--quiet", "main");
    return commit;
  }

  beforeEach(async () => {
    repository = await mkdtemp(path.join(os.tmpdir(), "proposed-files-"));
    project = path.join(repository, "tenants");
    await mkdir(project);
    await git("init", "--quiet", "--initial-branch", "main", repository);
    await write("customers/acme.yaml", "name: acme\n");
    await write("customers/globex.yaml", "name: globex\n");
    await write("program.js", "the reviewed one");
    await git("add", "--all", ".");
    await git("commit", "--quiet", "--message", "main");
  });
  afterEach(() => rm(repository, { recursive: true }));

  it("take the place of the reviewed ones: added, changed and removed, and nothing beside them", async () => {
    const commit = await propose(async () => {
      await write("customers/hooli\té.yaml", "name: hooli\r\n");
      await write("customers/acme.yaml", "name: acme\nowner: payments\n");
      await rm(path.join(project, "customers/globex.yaml"));
      await write("customers/notes.txt", "not a customer");
      await write("elsewhere/initech.yaml", "name: initech\n");
      await write("program.js", "another one");
    });
    const taken = await takeCustomerFiles("customers/*.yaml", commit, {
      folder: project,
      environment: process.env,
    });
    assert.deepEqual(taken, ["customers/acme.yaml", "customers/hooli\té.yaml"]);
    assert.deepEqual(await customers(), ["acme.yaml", "hooli\té.yaml"]);
    assert.equal(await read("customers/acme.yaml"), "name: acme\nowner: payments\n");
    assert.equal(await read("customers/hooli\té.yaml"), "name: hooli\r\n");
    assert.equal(await read("program.js"), "the reviewed one");
    assert.deepEqual(await readdir(project), ["customers", "program.js"]);
  });

  for (const [what, pattern, file, ...names] of [
    ["a link", "customers/*.yaml", "customers/link.yaml"],
    ["a hidden file", "**/*.yaml", ".github/workflows/up.yaml"],
    ["the engine's own file", "**/*.yaml", "policy/PulumiPolicy.yaml"],
    ["a file that is too large", "customers/*.yaml", "customers/large.yaml", "1000001"],
  ] as const) {
    it(`are refused as a whole if one is ${what}`, async () => {
      const commit = await propose(async () => {
        await rm(path.join(project, "customers/acme.yaml"));
        if (what === "a link") await symlink("/etc/hostname", path.join(project, file));
        else await write(file, "x".repeat(what === "a file that is too large" ? 1_000_001 : 1));
      });
      await assert.rejects(
        takeCustomerFiles(pattern, commit, { folder: project, environment: process.env }),
        mentioning(file, ...names),
      );
      assert.deepEqual(await customers(), ["acme.yaml", "globex.yaml"]);
    });
  }

  it("are not read from an unknown commit, nor from an option", async () => {
    for (const commit of ["0".repeat(40), "no-such-branch", "--help", "HEAD:customers"]) {
      await assert.rejects(
        takeCustomerFiles("customers/*.yaml", commit, { folder: project, environment: process.env }),
        UsageError,
        commit,
      );
    }
  });
});
