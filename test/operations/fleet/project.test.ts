import { strict as assert } from "node:assert";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { parse } from "yaml";

import { readProject, writeBits } from "../../../operations/src/fleet/project";
import { readStage } from "../../../operations/src/fleet/stage";
import { readYaml } from "../../../stacks/src/configuration/yaml-file";

const project = { name: "tenants", runtime: "nodejs", fleet: { bits: { prod: 1 } } };

describe("the project of a fleet", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "project-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  for (const extension of ["yaml", "yml", "json"])
    it(`is read and written as Pulumi.${extension}, with the stage's file beside it`, async () => {
      const file = path.join(folder, `Pulumi.${extension}`);
      await writeFile(file, JSON.stringify(project));
      await writeBits(await readProject(folder), "prod", 2);
      const written = await readProject(folder);
      assert.deepEqual([written.bitsOf("prod"), written.bitsOf("dev")], [2, 0]);
      if (extension === "json")
        assert.deepEqual(JSON.parse(await readFile(file, "utf8")), {
          ...project,
          fleet: { bits: { prod: 2 } },
        });
      await assert.rejects(
        readStage(await readProject(folder), "prod", { environment: {} }),
        (error: Error) => error.message.includes(path.join(folder, `Pulumi.prod.${extension}`)),
      );
    });

  it("keeps each other value of Pulumi.yaml as it is written", async () => {
    const file = path.join(folder, "Pulumi.yaml");
    const values = "0100 12345678901234567890 0x1F 1_000 1e3 1.50 TRUE ~ 2026-11-24".split(" ");
    const text = `name: tenants\nconfig:\n${values.map((value, index) => `  a:k${index}: ${value} # ours\n`).join("")}`;
    await writeFile(file, text);
    await writeBits(await readProject(folder), "prod", 2);
    assert.equal(await readFile(file, "utf8"), `${text}fleet:\n  bits:\n    prod: 2\n`);
    const theirs = "    dev: 0x1 # theirs\n";
    for (const [before, after] of [
      ["  bits: 1 # ours\n", "  bits:\n    prod: 2 # ours\n"],
      ["  bits:\n    prod: 1 # ours\n", "  bits:\n    prod: 2 # ours\n"],
      ["  bits:\n    # ours\n    1\n", "  bits:\n    prod:\n      # ours\n      2\n"],
      [`  bits:\n${theirs}    prod: 1 # ours\n`, `  bits:\n${theirs}    prod: 2 # ours\n`],
    ]) {
      await writeFile(file, `${text}fleet:\n${before}`);
      await writeBits(await readProject(folder), "prod", 2);
      assert.equal(await readFile(file, "utf8"), `${text}fleet:\n${after}`);
    }
  });

  for (const extension of ["yaml", "json"])
    it(`keeps the number of every other stage in Pulumi.${extension}`, async () => {
      const file = path.join(folder, `Pulumi.${extension}`);
      for (const stage of ["prod", "dev", "eu.west"])
        await writeFile(path.join(folder, `Pulumi.${stage}.${extension}`), "{}");
      await writeFile(path.join(folder, "Pulumi.dev.journal.jsonl"), "");
      for (const [bits, ofOthers] of [
        [{ bits: 5 }, { dev: 5, "eu.west": 5 }],
        [{ bits: 0 }, {}],
        [undefined, {}],
        [{ bits: { dev: 2 } }, { dev: 2 }],
      ]) {
        await writeFile(file, JSON.stringify({ ...project, fleet: bits }));
        await writeBits(await readProject(folder), "prod", 6);
        const { fleet } = parse(await readFile(file, "utf8")) as { fleet: unknown };
        assert.deepEqual(fleet, { bits: { prod: 6, ...ofOthers } });
      }
    });

  it("writes the name of a stage as a name, also if it looks like a number", async () => {
    await writeFile(path.join(folder, "Pulumi.yaml"), "name: tenants\nfleet:\n  bits: 3\n");
    await writeFile(path.join(folder, "Pulumi.1e3.yaml"), "{}");
    await writeBits(await readProject(folder), "0100", 4);
    await writeBits(await readProject(folder), "0100", 5);
    const written = await readProject(folder);
    assert.deepEqual([written.bitsOf("0100"), written.bitsOf("1e3")], [5, 3]);
  });

  it("keeps keys without a value in Pulumi.yaml, as the engine reads them", async () => {
    const file = path.join(folder, "Pulumi.yaml");
    const text =
      "name: tenants\n? description\nauthor:\nconfig:\n  ? a:k\n  a:m: { x: , y: 1, z: [{ w }] }\n";
    await writeFile(file, text);
    await writeBits(await readProject(folder), "prod", 2);
    const { value } = readYaml(await readFile(file, "utf8"), "Pulumi.yaml");
    assert.deepEqual(value, {
      ...(readYaml(text, "Pulumi.yaml").value as object),
      fleet: { bits: { prod: 2 } },
    });
  });
});
