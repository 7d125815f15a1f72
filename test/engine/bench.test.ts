import { strict as assert } from "node:assert";
import path from "node:path";

import { runProcess } from "../../sandbox/process";
import { exhaustiveTag } from "../suites";
import { repositoryRoot } from "./engine";

describe("npm run bench, on the engine", function () {
  this.timeout(300_000);

  it(`measures peers side by side: times, requests, memory and state ${exhaustiveTag}`, async () => {
    const bench = path.join(repositoryRoot, "bench/run.ts");
    const only = ["--only", "stack,noop,undici", "--work", "create,unchanged,refresh", "--print"];
    const size = ["--n", "2", "--latency", "0", "--limit", "no", "--repeat", "1"];
    const { exitCode, stdout, stderr } = await runProcess(
      process.execPath,
      ["-r", "ts-node/register/transpile-only", bench, ...size, ...only],
      { cwd: repositoryRoot, env: { ...process.env, CI: "true" } },
    );
    assert.equal(exitCode, 0, stderr);
    const table = stdout.slice(stdout.indexOf("**Wall time**"));
    assert.ok(!table.includes("failed"), table);
    const row = (start: string): string => table.split("\n").find((line) => line.startsWith(start)) ?? "";
    assert.match(row("| this project | create |"), /2 createTenant, 2 createTenantApplication, 1 token/);
    assert.equal(row("| this project | unchanged run |"), "", "an unchanged up asks the API for nothing");
    assert.match(row("| this project | refresh |"), /2 getTenantApplications, 1 getTenants, 1 token/);
    assert.match(row("| undici script | create |"), /2 createTenant, 2 createTenantApplication, 1 token/);
    const rows = table.split("\n").filter((line) => line.startsWith("| this project |"));
    assert.match(rows[0] ?? "", /^\| this project \|(?: \d+\.\d\d s \(\d+\.\d\d ×\) \|){3}$/);
    assert.match(rows.at(-1) ?? "", / KB \| none \|$/, "no secret in plain text");
  });
});
