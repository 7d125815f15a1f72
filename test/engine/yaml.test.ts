import { strict as assert } from "node:assert";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { z } from "zod";

import {
  readConfigurationFile,
  readProjectFile,
  withProjectValues,
} from "../../operations/src/configuration/file";
import { runProcess, runToSuccess } from "../../sandbox/process";
import { plainScalarOf } from "../../stacks/src/configuration/text-keys";
import { differences } from "../stacks/configuration/yaml-differences";
import { startShared } from "./engine";

/** Scalars on which versions of YAML, and its readers, differ. */
const scalars = [
  ..."0012345 0012389 5349 1e3 1E3 1e-7 1e21 1e400 0x1F 0X1f -0x10 0b11 0B11 -0b11 0b12 0o17 0O17 0o8 017 08 0_7".split(
    " ",
  ),
  ..."1_000 1__0 _1 1_0.5 +49123 -0 +1.5 .5 5. 1.0 1.50 0.1e1 . .. 0x + 1:2 190:20:30 12:30:00".split(" "),
  ..."12345678901234567890 123456789012345678901 -9223372036854775808 -9223372036854775809 9007199254740993".split(
    " ",
  ),
  ..."true True TRUE tRUE false FALSE yes Yes no on off y n Y N null Null NULL nULL ~ ~x = << CRM-1 a.b".split(
    " ",
  ),
  ..."2026-11-24 2026-1-2 2026-13-45 2026-02-30 2024-02-29 2026-11-24T14:00:00Z 2026-11-24T14:00:00+02:00".split(
    " ",
  ),
  ..."2026-11-24T14:00:00.5Z 2026-11-24T14:00:00.123456789012Z 2026-11-24t1:2:3Z 2026-11-24T24:00:00Z".split(
    " ",
  ),
  ..."2026-11-24T14:00:00 2026-11-24T14:00:00+00:00 2026-11-24T14:00Z 20261124 2026-11 1e3x 0.0 00 0 -1".split(
    " ",
  ),
  "2026-11-24 14:00:00",
  "2026-11-24 14:00:00.50",
  "2026-11-24 14:00:00Z",
  "2026-11-24 14:00:00 +0200",
  "2026-11-24   14:00:00.5",
  ..."2026-11-24T14:00:00-00:00 2026-11-24T14:00:00+24:59 2026-11-24T14:00:00+23:60 2026-11-24T14:00:00-00:30".split(
    " ",
  ),
  ..."2026-11-24T14:00:00+25:00 2026-11-24T14:00:00+10:99 .5_5 .5e1_0 ._5 .5_ .5_e1 +.5_5 -._5 1_0e1_0".split(
    " ",
  ),
  '"0012345"',
  "'2026-11-24'",
  '"true"',
  "!!str 0012345",
  "two words",
];

const configSchema = z.record(z.string(), z.object({ value: z.string() }));

describe("a stack's file, read by the engine and by this project", function () {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  before(async () => {
    const { pulumi } = await startShared();
    folder = await mkdtemp(path.join(os.tmpdir(), "yaml-"));
    await mkdir(path.join(folder, "state"));
    env = {
      ...process.env,
      PATH: `${pulumi.bin}${path.delimiter}${process.env["PATH"] ?? ""}`,
      PULUMI_HOME: path.join(folder, "home"),
      PULUMI_BACKEND_URL: `file://${path.join(folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_SKIP_UPDATE_CHECK: "true",
    };
    await writeFile(
      path.join(folder, "Pulumi.yaml"),
      "name: own\nruntime: nodejs\nconfig:\n  tenants:stage: {value: testing}\n  tenants:quota: {value: 30}\n  owner: {type: string, default: team}\n  plain: x\n",
    );
    await runToSuccess("pulumi", ["stack", "init", "dev"], { cwd: folder, env });
  });
  after(() => rm(folder, { recursive: true }));

  async function byEngine(text: string): Promise<Map<string, string> | undefined> {
    await writeFile(path.join(folder, "Pulumi.dev.yaml"), text);
    const { exitCode, stdout } = await runProcess("pulumi", ["config", "--json", "--stack", "dev"], {
      cwd: folder,
      env,
    });
    if (exitCode !== 0) return undefined;
    const json = stdout.slice(stdout.indexOf("{"));
    return new Map(
      Object.entries(configSchema.parse(JSON.parse(json))).map(([key, { value }]) => [key, value]),
    );
  }

  async function byUs(text: string): Promise<Map<string, unknown> | undefined> {
    const file = path.join(folder, "ours.yaml");
    await writeFile(file, text);
    try {
      const { values } = await readConfigurationFile(file);
      return new Map(withProjectValues(values, await readProjectFile(folder)));
    } catch {
      return undefined;
    }
  }

  it("means the same for each scalar, in a list, in a map, as a key and after a merge", async () => {
    const text = [
      "config:",
      ...scalars.flatMap((scalar, index) => [
        `  t:list${index}: [${scalar}, {of: ${scalar}}]`,
        `  t:block${index}:\n    - ${scalar}\n    - {<<: {x: ${scalar}}, y: 1}`,
      ]),
      "  t:comment: [a] # with a comment",
      "",
    ].join("\n");
    const engine = await byEngine(text);
    const ours = await byUs(text);
    assert.ok(engine !== undefined, "the engine refuses it");
    assert.ok(ours !== undefined, "we refuse it");
    for (const [index, scalar] of scalars.entries()) {
      for (const key of [`t:list${index}`, `t:block${index}`]) {
        assert.deepEqual(ours.get(key), JSON.parse(engine.get(key) ?? ""), scalar);
      }
    }
    for (const key of ["tenants:stage", "tenants:quota", "own:owner", "own:plain"]) {
      assert.equal(String(ours.get(key)), engine.get(key), key);
    }
  });

  it("reports each scalar of the top level that the engine reads differently", async () => {
    const shown = scalars.filter((scalar) => !["<<", "-", "="].includes(scalar));
    const text = `config:\n${shown.map((scalar, index) => `  t:k${index}: ${scalar}`).join("\n")}\n`;
    const engine = await byEngine(text);
    assert.ok(engine !== undefined);
    const file = path.join(folder, "ours.yaml");
    await writeFile(file, text);
    const { written } = await readConfigurationFile(file);
    for (const [index, scalar] of shown.entries()) {
      const found = plainScalarOf(`t:k${index}`, { stack: written });
      // A number that is written as it stands is no danger, and is refused all the same.
      if (engine.get(`t:k${index}`) !== scalar && found !== undefined) {
        assert.notEqual(found.kind, "text", `${scalar} is ${engine.get(`t:k${index}`)} to the engine`);
      }
    }
  });

  it("is refused by both, or by us alone", async () => {
    for (const text of [
      "config:\n  t:a: 1\n  t:a: 2\n",
      "config:\n  t:a: {a: 1, a: 2}\n",
      "config:\n  t:a: *nowhere\n",
      "config:\n  t:a: {<<: 5}\n",
      "config: [}\n",
      "config:\n\tt:a: 1\n",
    ]) {
      assert.equal(await byEngine(text), undefined, `the engine takes ${text}`);
      assert.equal(await byUs(text), undefined, `we take ${text}`);
    }
    for (const [text] of differences) {
      assert.equal(await byUs(text), undefined, `we take ${text}`);
    }
    for (const [text] of differences.filter(([, engine]) => engine === "refused")) {
      assert.equal(await byEngine(text), undefined, `the engine takes ${text}`);
    }
    for (const text of ["config:\n  t:a: !!int '5'\n", "config:\n  t:a: !!timestamp 2026-11-24\n"]) {
      assert.equal(await byUs(text), undefined, `we take ${text}`);
    }
  });
});
