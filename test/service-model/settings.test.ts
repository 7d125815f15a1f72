import { strict as assert } from "node:assert";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { readSettings } from "resistant-tenants-service/settings/read";

describe("the service's settings", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "service-settings-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("are refused with every mistake in plain words, with its path", async () => {
    const file = path.join(folder, "service.yaml");
    await writeFile(
      file,
      [
        "url: https://tenants.example.com",
        "colour: red",
        "identity: {issuer: 5, clientId: web, audience: api, personClaim: employee_number}",
        "stages: {testing: {configuration: {}, approvals: {required: -1}}}",
      ].join("\n"),
    );
    await assert.rejects(readSettings(file), ({ message }: Error) => {
      const lines = message.split("\n");
      assert.ok(lines.includes("- colour: is not a known key: remove it, or correct its name"), message);
      assert.ok(lines.includes("- work: must be given"), message);
      assert.ok(lines.includes("- stages.testing.approvals.required: must be at least 0"), message);
      assert.ok(
        lines.some((line) => line.startsWith("- identity.issuer: ")),
        message,
      );
      assert.doesNotMatch(message, /Invalid|expected|received/);
      return true;
    });
  });
});
