import { strict as assert } from "node:assert";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { Engines } from "resistant-tenants-service/work/engine";
import { findProgram } from "resistant-tenants-service/work/program";

import { makeSettings } from "../records/service";

describe("the home of an engine", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "engine-home-"));
    await mkdir(path.join(folder, "bin"));
    await writeFile(path.join(folder, "bin", "pulumi"), "#!/bin/sh\necho v3.0.0\n", { mode: 0o755 });
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Opens engines of a worker with this environment. */
  async function openEngines(environment: Record<string, string>): Promise<Engines> {
    const settings = makeSettings();
    settings.work.directory = path.join(folder, "work");
    const { PATH: searchPath = "" } = process.env;
    const own = { PATH: `${path.join(folder, "bin")}:${searchPath}`, ...environment };
    return Engines.open(settings, own, await findProgram());
  }

  const job = {
    id: "job",
    stage: "testing",
    stack: "testing-acme",
    reason: "a test",
    customers: [],
    settings: {},
  } as const;

  it("has AWS's configuration and log-ins (SSO) of the worker's, and the plugins, which outlive it", async () => {
    const home = path.join(folder, "home");
    const files = [".aws/config", ".aws/sso/cache/token.json", "plugins/resource-aws"];
    for (const file of files) {
      await mkdir(path.dirname(path.join(home, file)), { recursive: true });
      await writeFile(path.join(home, file), file);
    }
    const engines = await openEngines({ HOME: home, PULUMI_HOME: home });
    await engines.with(job, async ({ environment }) => {
      const own = environment["HOME"] ?? "";
      assert.notEqual(own, home);
      assert.equal(environment["PULUMI_HOME"], own);
      for (const file of files) assert.equal(await readFile(path.join(own, file), "utf8"), file);
    });
    for (const file of files) assert.equal(await readFile(path.join(home, file), "utf8"), file);
  });

  it("has the plugins of ~/.pulumi if PULUMI_HOME is not set", async () => {
    const plugins = path.join(folder, ".pulumi", "plugins");
    await mkdir(plugins, { recursive: true });
    await writeFile(path.join(plugins, "resource-aws"), "plugin");
    const engines = await openEngines({ HOME: folder });
    await engines.with(job, async ({ environment: { PULUMI_HOME: own = "" } }) => {
      assert.equal(await readFile(path.join(own, "plugins", "resource-aws"), "utf8"), "plugin");
    });
  });

  it("has neither if the worker has none", async () => {
    for (const environment of [{}, { HOME: "", PULUMI_HOME: "" }, { HOME: folder, PULUMI_HOME: folder }]) {
      const engines = await openEngines(environment);
      await engines.with(job, async ({ environment: { HOME: own = "" } }) => {
        for (const name of [".aws", "plugins"])
          await assert.rejects(readFile(path.join(own, name)), { code: "ENOENT" });
      });
    }
  });
});
