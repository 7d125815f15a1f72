import { strict as assert } from "node:assert";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { journalProblem, openJournalOf } from "pulumi-resistant-tenants/internal/journal";
import { readSettings } from "pulumi-resistant-tenants/internal/settings";

const flags = ["CI", "GITHUB_ACTIONS", "GITLAB_CI", "BUILDKITE", "CIRCLECI", "TF_BUILD"];

function problemOf(journal: string): string | undefined {
  const read = readSettings((key) => ({ stage: "testing", journal })[key]);
  return "problems" in read ? read.problems.map(({ path }) => path).join() : undefined;
}

describe("the location of the journal", () => {
  it("is inside the project, unless its path is absolute or it is in S3", () => {
    const outside = ["../x", "..", "a/../../x", "./../x", "..\\x", "a\\..\\..\\x", ".", "a/..", "./"];
    for (const file of outside) assert.equal(problemOf(file), "tenants:journal", file);
    const inside = [
      "x",
      "./x",
      "a/../x",
      "a/b.jsonl",
      "..x",
      "...",
      "/var/lib/x",
      "/a/../x",
      "s3://bucket/a/../b",
    ];
    for (const file of inside) assert.equal(problemOf(file), undefined, file);
  });

  it("may not be a runner's disk, in any CI system", () => {
    assert.equal(journalProblem("x", undefined, {}), undefined);
    for (const flag of flags) {
      for (const value of ["true", "True", "1"]) {
        const environment = { [flag]: value };
        assert.match(journalProblem("x", undefined, environment) ?? "", /s3:\/\//, `${flag}=${value}`);
        assert.equal(journalProblem("x", true, environment), undefined);
        assert.equal(journalProblem("s3://bucket/x", undefined, environment), undefined);
      }
      for (const value of ["false", "", "0"]) {
        assert.equal(journalProblem("x", undefined, { [flag]: value }), undefined, `${flag}=${value}`);
      }
    }
  });

  describe("in a folder", () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(path.join(os.tmpdir(), "project-"));
      await mkdir(path.join(folder, "stacks", "deep"), { recursive: true });
    });
    afterEach(async () => {
      await rm(folder, { recursive: true });
    });
    const locationOf = (location: string | undefined): string => {
      const directory = path.join(folder, "stacks", "deep");
      return openJournalOf({ stack: "partner/tenants/prod", location, directory }).location;
    };

    it("is beside the Pulumi.yaml that is found above", async () => {
      await writeFile(path.join(folder, "Pulumi.yaml"), "name: tenants\n");
      assert.equal(locationOf(undefined), path.join(folder, "Pulumi.prod.journal.jsonl"));
      assert.equal(locationOf("journal/x"), path.join(folder, "journal", "x"));
    });

    it("is an error if there is none, and not the root's", () => {
      for (const location of [undefined, "x"]) {
        assert.throws(() => locationOf(location), { code: "INPUT_INVALID", message: /Pulumi\.yaml/ });
      }
      assert.equal(locationOf("/var/lib/x"), "/var/lib/x");
    });
  });
});
