import { strict as assert } from "node:assert";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { readPreview } from "../../operations/src/preview/step";
import { readStateFile } from "../../operations/src/stack/state";
import { mentioning } from "../support/mentions";

const preview = JSON.stringify({ steps: [], diagnostics: [{ severity: "info", message: "größer" }] });
const state = JSON.stringify({ version: 3, deployment: { resources: [] } });

describe("a file that a shell wrote from a command's output", () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "text-file-"));
    file = path.join(folder, "output.json");
  });
  afterEach(() => rm(folder, { recursive: true }));

  for (const [what, write] of [
    ["in UTF-8", (text: string) => Buffer.from(text)],
    ["in UTF-8 after a byte order mark", (text: string) => Buffer.from(`\ufeff${text}`)],
    ["in UTF-16, as PowerShell does", (text: string) => Buffer.from(`\ufeff${text}\r\n`, "utf16le")],
  ] as const)
    it(`is read ${what}`, async () => {
      await writeFile(file, write(preview));
      assert.deepEqual((await readPreview(file)).steps, []);
      await writeFile(file, write(state));
      assert.deepEqual((await readStateFile(file)).tenants, []);
    });

  it("is named if it is something else", async () => {
    await writeFile(file, "{");
    await assert.rejects(readPreview(file), mentioning(file, "pulumi preview --json"));
    await assert.rejects(readStateFile(file), mentioning(file, "pulumi stack export"));
  });
});
