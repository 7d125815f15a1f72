import { strict as assert } from "node:assert";
import { writeFile } from "node:fs/promises";
import path from "node:path";

import { z } from "zod";

import { exhaustiveTag } from "../suites";
import { StackUnderTest } from "./engine";
import { recordedSetting, recordedVersion } from "./recorded-setting";

const judgedSchema = z.object({
  settings: z.array(z.record(z.string(), z.unknown())),
  declared: z.array(z.record(z.string(), z.string())),
});

const acmeIn = (...cells: string[]) => ({
  name: "acme",
  customerId: "CRM-1042",
  cells,
  applications: [{ cell: "eu-1" }],
});

describe("the settings of the last up in a plan, on the engine", function () {
  this.timeout(300_000);
  let stack: StackUnderTest;
  let file: string;

  before(async () => {
    stack = await StackUnderTest.create({
      stage: "production",
      customers: [acmeIn("eu-1")],
      encryption: "passphrase",
    });
    file = path.join(stack.workspace.directory, "preview.json");
    await stack.up();
  });
  after(async () => {
    await stack.finish();
  });

  async function judge(): Promise<{ settings: unknown[]; declared: unknown[]; rotation: number }> {
    await writeFile(file, await stack.succeed(["preview", "--json", "--show-sames"]));
    const { exitCode, stdout } = await stack.tenants("summary", file, "--json", "--only-rotations");
    const { settings, declared } = judgedSchema.parse(JSON.parse(stdout));
    return { settings, declared: declared.map(({ name, what }) => `${name} ${what}`), rotation: exitCode };
  }

  /** Lets the state say that another release ran last, whose secrets were encrypted otherwise; gives the present one. */
  async function lastUpWasOf({ version, secretsProvider }: Record<string, string>): Promise<string> {
    const exported = await stack.succeed(["stack", "export"]);
    const present = recordedVersion(exported);
    assert.ok(present !== undefined && exported.includes(recordedSetting("secrets provider", "default")));
    const edited = exported
      .replaceAll(
        recordedSetting("package version", present),
        recordedSetting("package version", version ?? ""),
      )
      .replaceAll(
        recordedSetting("secrets provider", "default"),
        recordedSetting("secrets provider", secretsProvider ?? ""),
      );
    await writeFile(file, edited);
    await stack.succeed(["stack", "import", "--file", file]);
    return present;
  }

  it(`are those of that up, even if other commands ran the program with an edited file ${exhaustiveTag}`, async () => {
    const unchanged = { settings: [], declared: [], rotation: 0 };
    assert.deepEqual(await judge(), unchanged);
    await stack.workspace.configure({ "tenants:quota": 30 });
    await stack.succeed(["config", "set", "--secret", "aws:maxRetries", "7"]);
    await stack.setCustomers([acmeIn("eu-1", "us-1")]);
    const version = await lastUpWasOf({ version: "0.0.9", secretsProvider: "awskms://alias/x" });
    const edited = {
      settings: [
        { setting: "aws:maxRetries", isSecret: true },
        { setting: "package version", before: "0.0.9", after: version },
        { setting: "quota", after: "30" },
        { setting: "secrets provider", before: "awskms://alias/x", after: "default" },
      ],
      declared: ["acme cells"],
      rotation: 3,
    };
    assert.deepEqual(await judge(), edited);
    const unseen = ["--yes", "--skip-preview"];
    await stack.succeed(["refresh", ...unseen, "--run-program"]);
    assert.deepEqual(await judge(), edited, "after a refresh");
    await stack.fail(["destroy", ...unseen, "--run-program"]);
    assert.deepEqual(await judge(), edited, "after a destroy that was refused");
    const secret = await stack.urn("secret:Secret", "acme/eu-1/default");
    await stack.succeed(["up", ...unseen, "--target", secret]);
    assert.deepEqual(await judge(), edited, "after an up of a part");
    await stack.up();
    assert.deepEqual(await judge(), unchanged);
    // A fingerprint of one of few values can be guessed.
    const encrypted = /"configured": \{\s*"4dabf18193072939515e22adb298388d"/;
    assert.match(await stack.succeed(["stack", "export"]), encrypted);
  });
});
