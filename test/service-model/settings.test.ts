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
      const paths = [...message.matchAll(/^- ([\w.]+): /gm)].map(([, at]) => at);
      assert.deepEqual(paths.sort(), [
        "colour",
        "identity.issuer",
        "stages.testing.approvals.required",
        "work",
      ]);
      assert.doesNotMatch(message, /Invalid|expected|received/);
      return true;
    });
  });
});
