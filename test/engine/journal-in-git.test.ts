import { strict as assert } from "node:assert";
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { openJournalOf } from "../../provider/src/journal";
import { intent } from "../provider/journal/events";
import { repositoryRoot } from "./engine";

describe("a journal that is committed", () => {
  let directory: string;
  const git = (...args: string[]) =>
    promisify(execFile)(
      "git",
      ["-c", "core.autocrlf=true", "-c", "user.name=t", "-c", "user.email=t@t.example", ...args],
      { cwd: directory },
    );

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "journal-in-git-"));
    for (const name of [".gitignore", ".gitattributes", "Pulumi.yaml"])
      await copyFile(path.join(repositoryRoot, name), path.join(directory, name));
    await git("init", "--quiet");
  });
  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  for (const location of [undefined, "records.jsonl"])
    it(`is not ignored, and git returns it as it was written, even if it changes line ends: ${location ?? "its usual name"}`, async () => {
      const stack = "organization/project/dev";
      const journal = openJournalOf({ stack, location, directory });
      for (let count = 0; count < 3; count += 1) await journal.append(intent("create"));
      const written = await readFile(journal.location);
      await writeFile(path.join(directory, "other.txt"), "one\ntwo\n");
      await git("add", ".");
      await git("commit", "--quiet", "--message", "the record");
      for (const name of [journal.location, path.join(directory, "other.txt")]) await rm(name);
      await git("checkout", "--", ".");
      assert.equal(await readFile(path.join(directory, "other.txt"), "utf8"), "one\r\ntwo\r\n");
      assert.deepEqual(await readFile(journal.location), written);
    });
});
