import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { parse } from "yaml";

import {
  readConfigurationFile,
  readProjectFile,
  withProjectValues,
} from "../../../operations/src/configuration/file";
import { digestIn, digestOf, toMessage } from "../../../operations/src/fleet/digest";
import { findMisplaced, type Holding } from "../../../operations/src/fleet/guard";
import { readProject, writeBits } from "../../../operations/src/fleet/project";
import { readStage } from "../../../operations/src/fleet/stage";
import { makeWorkFolder } from "../../../operations/src/fleet/work-folder";
import { UsageError } from "../../../operations/src/usage";
import { fleetBitsIn, fleetStackOf, fleetStacks } from "../../../provider/src/names/fleet";

const settings = {
  "aws:region": "eu-west-1",
  "tenants:stage": "testing",
  "tenants:tokenUrl": "https://eu.id.resistant.ai/oauth2/aus/v1/token",
  "tenants:clientId": "0oa",
};

describe("operations: the layout of a fleet", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "fleet-layout-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function write(bits: string, config: object): Promise<void> {
    await writeFile(path.join(folder, "Pulumi.yaml"), `name: tenants # ours\nruntime: nodejs\n${bits}`);
    await writeFile(
      path.join(folder, "Pulumi.prod.yaml"),
      JSON.stringify({ config: { ...settings, ...config } }),
    );
  }

  const read = async (bits?: number) =>
    readStage(await readProject(folder), "prod", {
      environment: {},
      ...(bits === undefined ? {} : { bits }),
    });

  it("is the first bits of the SHA-256 of a customer's name", () => {
    const bits = BigInt(`0x${createHash("sha256").update("acme").digest("hex")}`)
      .toString(2)
      .padStart(256, "0");
    for (const count of [1, 3, 8, 11, 16])
      assert.equal(fleetStackOf("prod", count, "acme"), `prod-${bits.slice(0, count)}`);
    assert.equal(fleetStackOf("prod", 0, "acme"), "prod");
    assert.deepEqual(fleetStacks("prod", 2), ["prod-00", "prod-01", "prod-10", "prod-11"]);
  });

  it("splits each stack in two with one bit more", () => {
    for (const name of ["acme", "globex", "initech", "umbrella"])
      assert.ok(fleetStackOf("prod", 5, name).startsWith(fleetStackOf("prod", 4, name)));
  });

  for (const key of ["stackConfigDir", "config"])
    it(`has the stage's file where the project says, and each stack's beside its own project: ${key}`, async () => {
      await write(`${key}: config\n`, { "tenants:customers": [] });
      await mkdir(path.join(folder, "config"));
      await rename(path.join(folder, "Pulumi.prod.yaml"), path.join(folder, "config", "Pulumi.prod.yaml"));
      const stage = await read();
      const [stack] = stage.stacks;
      assert.ok(stack !== undefined);
      const { project, stackFile } = await makeWorkFolder(
        path.join(folder, "fleet"),
        stage,
        stack,
        undefined,
      );
      assert.deepEqual(parse(await readFile(path.join(project, "Pulumi.yaml"), "utf8")), {
        name: "tenants",
        runtime: "nodejs",
      });
      assert.equal(path.dirname(stackFile), project);
    });

  /** Returns the stacks whose journals the engine of a stack finds in its folder. */
  async function journalsOf(stackName: string): Promise<string[]> {
    const stage = await read();
    const stack = stage.stacks.find(({ name }) => name === stackName);
    assert.ok(stack !== undefined);
    const { project } = await makeWorkFolder(path.join(folder, "fleet"), stage, stack, undefined);
    const files = await readdir(project);
    return files.flatMap((file) => /^Pulumi\.(.+)\.journal\.jsonl$/.exec(file)?.[1] ?? []).sort();
  }

  it("gives each stack its journal, and those of the stacks that it was renamed or split from", async () => {
    const names = ["prod", "prod-01", "prod-011", "old", "old-0", "old-1", "old-01", "dev", "dev-01"];
    for (const name of names) await writeFile(path.join(folder, `Pulumi.${name}.journal.jsonl`), "");
    await writeFile(path.join(folder, "Pulumi.dev.yaml"), "config: {}\n");
    await write("fleet:\n  bits: 2\n", { "tenants:customers": [] });
    assert.deepEqual(await journalsOf("prod-01"), ["old", "old-0", "old-01", "prod", "prod-0", "prod-01"]);
    await write("", { "tenants:customers": [] });
    assert.deepEqual(await journalsOf("prod"), ["old", "old-0", "old-01", "old-1", "prod"]);
  });

  for (const key of ["customers", "tenants:config:customers", "tenants:customers"])
    it(`gives each stack its own customers alone, if the stage's or the project's file declares them as ${key}`, async () => {
      const customers = ["acme", "globex"].map((name) => ({ name, customerId: name, cells: ["eu-1"] }));
      const config = JSON.stringify({
        [key]: key === "customers" ? { default: customers } : { value: customers },
      });
      for (const [bits, ofStage] of [
        ["fleet: { bits: 2 }\n", { [key]: customers }],
        [`fleet: { bits: 2 }\nconfig: ${config}\n`, {}],
      ] as const) {
        await write(bits, ofStage);
        const stage = await read();
        assert.equal(stage.configuration.customers.length, 2);
        for (const stack of stage.stacks) {
          const { project, stackFile } = await makeWorkFolder(
            path.join(folder, "fleet"),
            stage,
            stack,
            undefined,
          );
          const values = withProjectValues(
            (await readConfigurationFile(stackFile)).values,
            await readProjectFile(project),
          );
          const own = stack.customers.length === 0 ? ["tenants:customers"] : ["tenants:customersFrom"];
          assert.deepEqual(
            [...values.keys()].filter((each) => each.includes("customers")),
            own,
          );
        }
      }
    });

  it("gives each stack one journal, if the stage's file names it without a namespace", async () => {
    await write("fleet: { bits: 1 }\n", { "tenants:customers": [], journal: "journal.jsonl" });
    const stage = await read();
    const { stackFile } = await makeWorkFolder(
      path.join(folder, "fleet"),
      stage,
      stage.stacks[0]!,
      undefined,
    );
    const { values } = await readConfigurationFile(stackFile);
    const journals = [...values].filter(([key]) => key.endsWith("journal"));
    assert.deepEqual(journals, [["tenants:journal", path.join(folder, "journal.jsonl")]]);
  });

  it("distinguishes the stacks of a stage from others", () => {
    assert.equal(fleetBitsIn("prod", "prod"), 0);
    assert.equal(fleetBitsIn("prod", "prod-0110"), 4);
    for (const other of ["prod-2", "production", "dev-01", "prod-", "prod-0a"])
      assert.equal(fleetBitsIn("prod", other), undefined);
  });

  it("reads fleet.bits of a stage, writes it and preserves the rest, and refuses an invalid one", async () => {
    await write("fleet:\n  bits: { prod: 3, dev: 1 } # two stages\n", {});
    const project = await readProject(folder);
    assert.deepEqual(
      ["prod", "dev", "other", "constructor"].map((stage) => project.bitsOf(stage)),
      [3, 1, 0, 0],
    );
    await writeBits(project, "prod", 4);
    const text = await readFile(path.join(folder, "Pulumi.yaml"), "utf8");
    assert.match(text, /name: tenants # ours/);
    const written = await readProject(folder);
    assert.deepEqual(
      ["prod", "dev"].map((stage) => written.bitsOf(stage)),
      [4, 1],
    );
    await write("fleet:\n  bits: 17\n", {});
    await assert.rejects(readProject(folder), UsageError);
    await write("fleet:\n  bit: 2\n", {});
    await assert.rejects(readProject(folder), UsageError);
  });

  it("lays out 2,000 customers that no single stack could be given, each once", async () => {
    const owner = "x".repeat(200);
    const customers = Array.from({ length: 2_000 }, (_, index) => ({
      name: `customer${index}`,
      customerId: `CRM-${index}`,
      owner,
      cells: ["eu-1"],
    }));
    await write("fleet:\n  bits: 5\n", { "tenants:customers": customers });
    const { stacks } = await read();
    assert.equal(stacks.length, 32);
    const names = stacks.flatMap((stack) => stack.customers.map(({ configuration }) => configuration.name));
    assert.equal(new Set(names).size, 2_000);
    assert.equal(names.length, 2_000);
  });

  it("has the customers as they are written, also in JSON as `pulumi config set` stores it", async () => {
    const customers = ["acme", "globex"].map((name) => ({ name, customerId: name, cells: ["eu-1"] }));
    for (const written of [customers, JSON.stringify(customers)]) {
      await write("fleet:\n  bits: 1\n", { "tenants:customers": written });
      const { stacks } = await read();
      const entries = stacks.flatMap((stack) => stack.customers.map(({ entry }) => entry));
      assert.deepEqual(new Set(entries), new Set(customers));
    }
  });

  it("changes only a stack's own digest if a customer, a setting or the release is another", async () => {
    const customers = ["acme", "globex", "initech"].map((name) => ({
      name,
      customerId: name,
      cells: ["eu-1"],
    }));
    const digests = async (release = "1"): Promise<Map<string, string>> => {
      const stage = await read();
      return new Map(stage.stacks.map((stack) => [stack.name, digestOf(stage, stack, release)]));
    };
    const differing = (one: Map<string, string>, other: Map<string, string>): string[] =>
      [...one.keys()].filter((stack) => one.get(stack) !== other.get(stack));
    await write("fleet:\n  bits: 3\n", { "tenants:customers": customers });
    const before = await digests();
    await write("fleet:\n  bits: 3\n", {
      "tenants:customers": customers.toReversed(),
      "tenants:reason": "CRM-1",
    });
    assert.deepEqual(differing(before, await digests()), []);
    await write("fleet:\n  bits: 3\n", {
      "tenants:customers": [{ ...customers[0], owner: "me" }, ...customers.slice(1)],
    });
    assert.deepEqual(differing(before, await digests()), [fleetStackOf("prod", 3, "acme")]);
    await write("fleet:\n  bits: 3\n", { "tenants:customers": customers, "tenants:secretPrefix": "other" });
    assert.equal(differing(before, await digests()).length, 8);
    assert.equal(differing(before, await digests("2")).length, 8);
  });

  it("reads a digest only from the message of a fleet's own update", () => {
    assert.equal(digestIn(toMessage("0123abcd")), "0123abcd");
    assert.equal(digestIn("Merge pull request #7"), undefined);
  });

  it("refuses both stacks if one contains what belongs in the other", () => {
    const holding = (customer: string, stack: string, wanted: string): Holding => ({
      customer,
      stack,
      wanted,
      tenantId: customer,
    });
    const problems = findMisplaced([
      holding("acme", "prod", "prod-1"),
      holding("globex", "prod-0", "prod-0"),
    ]);
    assert.deepEqual([...problems.keys()].sort(), ["prod", "prod-1"]);
  });
});
