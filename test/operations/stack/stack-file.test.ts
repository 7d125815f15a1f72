import { strict as assert } from "node:assert";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { readEncryption, writeEncryption, writeStackFile } from "../../../operations/src/stack/stack-file";
import { readYaml } from "../../../stacks/src/configuration/yaml-file";

describe("a stack's file that is written for an engine", () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "stack-file-"));
    file = path.join(folder, "Pulumi.dev.yaml");
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("means to the engine what was written, whatever text looks like", async () => {
    const texts = [
      ..."0012345 1_000 0x1F 0b11 0o17 1e3 .5_5 +49123 2026-11-24 2026-11-24T14:00:00Z true yes ~ null <<".split(
        " ",
      ),
      ..."\u007f \u0085 \u009f \u2028 \u2029 \ufeff \ufffd \uffff \u{1f600}"
        .split(" ")
        .map((text) => `a${text}b`),
      "",
      " a ",
      "- a: b # c",
      '"quoted" \\ and {not}',
      `-----BEGIN PUBLIC KEY-----\n${"A".repeat(64)}\n-----END PUBLIC KEY-----\n`,
      `words ${"of a long line ".repeat(40)}`,
    ];
    const config = {
      "tenants:owner": "0b11",
      "tenants:keyId": "2026-11-24",
      "tenants:quota": 30,
      "tenants:journalDiskIsKept": true,
      // The engine takes << for a merge even in quotes.
      "tenants:customers": texts.map((text) => ({ customerId: text, [text.replace("<<", "")]: [text] })),
    };
    await writeStackFile(file, { encryptionsalt: "v1:1_0:2" }, config);
    const { value } = readYaml(await readFile(file, "utf8"), "Pulumi.dev.yaml");
    assert.deepEqual(value, { encryptionsalt: "v1:1_0:2", config });
  });

  it("keeps its text when the encryption is added", async () => {
    const text =
      "config:\n  # ours\n  tenants:quota: 0100\n  tenants:customers:\n    - &base { name: acme, customerId: 1e3 }\n";
    await writeFile(file, text);
    await writeEncryption(file, { encryptionsalt: "v1:abc=" });
    assert.equal(await readFile(file, "utf8"), `${text}encryptionsalt: v1:abc=\n`);
  });

  it("tells how its secrets are encrypted, however many customers share settings", async () => {
    const customers = Array.from({ length: 300 }, (_, index) => `    - {<<: *base, name: c${index}}`);
    const lines = [
      "secretsprovider: awskms://alias/state",
      "config:",
      "  tenants:base: &base {cells: [eu-1]}",
      "  tenants:customers:",
      ...customers,
    ];
    await writeFile(file, lines.join("\n"));
    assert.deepEqual(await readEncryption(file), { secretsprovider: "awskms://alias/state" });
  });
});
