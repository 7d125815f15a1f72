import { strict as assert } from "node:assert";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { sizeWarning, unquotedText } from "../../../stacks/src/configuration/stack-file";
import { mentions } from "../../support/mentions";

/** Makes a configuration that the engine writes in a number of bytes. */
function ofBytes(bytes: number, character = "x", bytesEach = Buffer.byteLength(character)) {
  const empty = Buffer.byteLength(JSON.stringify({ "tenants:customers": "" }));
  const count = Math.floor((bytes - empty) / bytesEach);
  const rest = bytes - empty - count * bytesEach;
  return { "tenants:customers": character.repeat(count) + "x".repeat(rest) };
}

describe("the size of a configuration", () => {
  for (const [what, character, bytesEach] of [
    ["a letter", "x", 1],
    ["a letter of two bytes", "ž", 2],
    ["a character of three bytes", "客", 3],
    ["a character of two units and four bytes", "👍", 4],
    ["a quote, which is escaped", '"', 2],
    ["a character that the engine escapes", "&", 6],
    ["a line separator, which the engine escapes", "\u2028", 6],
  ] as const) {
    const warning = (bytes: number) => sizeWarning(ofBytes(bytes, character, bytesEach));

    it(`is counted in bytes, not in characters: ${what}`, () => {
      assert.equal(warning(99_999), undefined);
      for (const bytes of [100_000, 130_999, 131_000])
        mentions(warning(bytes), `${Math.round(bytes / 1024)} KiB`, "128 KiB", "tenants:customersFrom");
      // Only the end differs, as the figure does not: whether a command still starts.
      const withoutFigure = (bytes: number) => warning(bytes)?.replace(/\d+ KiB/, "");
      assert.equal(withoutFigure(130_999), withoutFigure(100_000));
      assert.notEqual(withoutFigure(131_000), withoutFigure(130_999));
    });
  }
});

describe("text at the top level of a stack's file", () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "stack-file-"));
    file = path.join(folder, "Pulumi.dev.yaml");
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** The problems of one key, written so, of which the program receives a value. */
  async function problemsOf(key: string, written: string, value: string) {
    await writeFile(file, `config:\n  tenants:stage: testing\n  ${key}: ${written}\n`);
    return unquotedText(file, folder, { "tenants:stage": "testing", [key]: value });
  }

  for (const [written, value, isA] of [
    ["0012345", "5349", "number"],
    ["4711", "4711", "number"],
    ["1e3", "1000", "number"],
    ["12345678901234567890", "12345678901234567890", "number"],
    ["TRUE", "true", "boolean"],
    ["2026-11-24", "2026-11-24 00:00:00 +0000 UTC", "date"],
  ] as const)
    it(`is refused without quotes if YAML reads something else: ${written}`, async () => {
      const [problem, ...others] = await problemsOf("tenants:owner", written, value);
      assert.deepEqual([problem?.path, others], ["tenants:owner", []]);
      mentions(problem?.problem, written, isA, "quotes");
    });

  it("is accepted in quotes, as text, and where a number or a boolean is right", async () => {
    for (const [key, written, value] of [
      ["tenants:owner", '"0012345"', "0012345"],
      ["tenants:owner", "12 monkeys", "12 monkeys"],
      ["tenants:owner", "trueteam", "trueteam"],
      ["tenants:quota", "30", "30"],
      ["tenants:journalDiskIsKept", "true", "true"],
      ["aws:maxRetries", "5", "5"],
    ] as const)
      assert.deepEqual(await problemsOf(key, written, value), [], `${key}: ${written}`);
  });

  it("is refused in a customer of Pulumi.yaml, whose dates the engine passes as text may be written, too", async () => {
    const list =
      "[{ name: acme, customerId: 2026-11-24, owner: 2026-11-24 14:00:00, rotation: { rotateAt: [2026-12-01] } }]";
    const project = `name: own\nconfig:\n  tenants:customers: { value: ${list} }\n`;
    const rotation = { rotateAt: ["2026-12-01T00:00:00Z"] };
    const [customerId, owner] = ["2026-11-24T00:00:00Z", "2026-11-24T14:00:00Z"];
    const received = { "tenants:customers": JSON.stringify([{ name: "acme", customerId, owner, rotation }]) };
    await writeFile(path.join(folder, "Pulumi.yaml"), project);
    await writeFile(file, "config: {}\n");
    const found = unquotedText(file, folder, received);
    assert.deepEqual(
      found.map(({ path: where }) => where),
      ["tenants:customers", "tenants:customers"],
    );
    mentions(found[0]?.problem, "2026-11-24 is a date", "quotes, in Pulumi.yaml");
    await writeFile(
      path.join(folder, "Pulumi.yaml"),
      project.replace("{ value: [", "[").replace("] }\n", "]\n"),
    );
    assert.deepEqual(unquotedText(file, folder, received), found);
    for (const config of [
      `tenants:config:customers: { value: ${list} }`,
      `own:else: &all ${list}\n  tenants:customers: { value: *all }`,
    ]) {
      await writeFile(path.join(folder, "Pulumi.yaml"), `name: own\nconfig:\n  ${config}\n`);
      assert.deepEqual(unquotedText(file, folder, received), found, config);
    }
    await writeFile(
      path.join(folder, "Pulumi.yaml"),
      `name: tenants\nconfig:\n  customers: { default: ${list} }\n`,
    );
    assert.deepEqual(unquotedText(file, folder, received), found);
    await writeFile(path.join(folder, "Pulumi.yaml"), project);
    // The stack's own list replaces it; and in quotes, it is text.
    await writeFile(file, `config:\n  tenants:customers: []\n`);
    assert.deepEqual(unquotedText(file, folder, received), []);
    await writeFile(file, "config: {}\n");
    await writeFile(path.join(folder, "Pulumi.yaml"), project.replaceAll(/2026-11-24[^,]*/g, '"$&"'));
    assert.deepEqual(unquotedText(file, folder, received), []);
  });

  it("is not looked for in a file that the engine has not read", async () => {
    assert.deepEqual(await problemsOf("tenants:owner", "0012345", "4711"), []);
    assert.deepEqual(unquotedText(path.join(folder, "none.yaml"), folder, { "tenants:owner": "5349" }), []);
  });

  it("is refused by the name of another value, too", async () => {
    await writeFile(file, "x: &id 0012345\nconfig:\n  tenants:owner: *id\n");
    const [problem] = unquotedText(file, folder, { "tenants:owner": "5349" });
    mentions(problem?.problem, "0012345", "quotes");
  });

  for (const [what, config] of Object.entries({
    "as a value": "tenants:owner: { value: 0012345 }",
    "as a value alone": "tenants:owner: 0012345",
    "as a default, without the namespace that is the project's name":
      "owner: { type: integer, default: 0012345 }",
  }))
    it(`is refused in Pulumi.yaml: ${what}`, async () => {
      await writeFile(
        path.join(folder, "Pulumi.yaml"),
        `name: tenants\nruntime: nodejs\nconfig:\n  ${config}\n`,
      );
      await writeFile(file, "config: {}\n");
      const [problem, ...others] = unquotedText(file, folder, { "tenants:owner": "5349" });
      assert.deepEqual([problem?.path, others], ["tenants:owner", []]);
      mentions(problem?.problem, "0012345", "number", "quotes, in Pulumi.yaml");
      // The stack's own value replaces it.
      await writeFile(file, 'config:\n  owner: "0012345"\n');
      assert.deepEqual(unquotedText(file, folder, { "tenants:owner": "0012345" }), []);
      await writeFile(file, "config:\n  owner: 0012345\n");
      const [own] = unquotedText(file, folder, { "tenants:owner": "5349" });
      assert.ok(own?.problem.endsWith("in quotes"), own?.problem);
    });
});
