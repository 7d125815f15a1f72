import { strict as assert } from "node:assert";

import { runProcess } from "../../../sandbox/process";
import { exhaustiveTag } from "../../suites";
import { acme, globex } from "../customers";
import { assertClean, Canary, summaryOf } from "./canary";

const unseen = ["--yes", "--skip-preview"];
const umbrella = {
  ...acme,
  name: "umbrella",
  customerId: "CRM-1150",
  applications: [{ cell: "eu-1", authMethod: "EC" }],
};

/** A switch, and a command that is run with it. */
interface Switched {
  args: readonly string[];
  env?: Record<string, string>;
}

describe("switches that write credentials down, on the engine", function () {
  this.timeout(600_000);
  let canary: Canary;
  let grpcLog: string;
  let trace: string;

  before(async () => {
    // Its first `up` is in stage testing: what is refused in production must be seen to be worth it.
    canary = await Canary.create({ customers: [acme, umbrella] as never });
    grpcLog = canary.file("grpc.json");
    trace = canary.file("trace");
    assertClean("up", await canary.run(["up", ...unseen]));
  });
  after(async () => {
    await canary.close();
  });

  it(`give them away in stage testing, which the search finds ${exhaustiveTag}`, async () => {
    const secrets = new Set(canary.credentials().map(({ name }) => name));
    const revealing: Switched[] = [
      { args: ["preview"], env: { PULUMI_DEBUG_GRPC: grpcLog } },
      { args: ["preview", "--tracing", `file:${trace}`] },
      { args: ["preview", "--otel-traces", `file://${trace}`] },
      { args: ["preview", "-v=9", "--logtostderr"] },
    ];
    for (const { args, env } of revealing) {
      const { exitCode, leaks } = await canary.run(args, env);
      assert.equal(exitCode, 0);
      assert.ok(
        leaks.some(({ credential }) => secrets.has(credential)),
        `${args.join(" ")} gave nothing away`,
      );
      await canary.clear(grpcLog, trace);
    }
    await canary.stack.setCustomers([acme, umbrella, globex] as never);
    const { leaks } = await canary.run(["up", ...unseen], { NODE_DEBUG: "http,net" });
    assert.ok(
      summaryOf(leaks).some((line) => line.startsWith("the AWS session token")),
      "NODE_DEBUG gave nothing away",
    );
  });

  it("reveal them if Node.js itself writes a report", async () => {
    const key = canary.stack.sandbox.privateKeyPem;
    const args = [
      "--report-uncaught-exception",
      `--report-directory=${canary.temporary}`,
      "-e",
      "throw new Error('x')",
    ];
    const { leaks } = await canary.watching(() =>
      runProcess(process.execPath, args, { env: { ...process.env, TENANTS_PRIVATE_KEY: key } }),
    );
    assert.ok(leaks.some(({ where }) => /^file tmp\/report\..*\.json$/.test(where)));
    await canary.clear(canary.temporary);
  });

  describe("in production", () => {
    let production: Canary;

    before(async () => {
      production = await Canary.create({ stage: "production", customers: [acme, umbrella] as never });
      grpcLog = production.file("grpc.json");
      trace = production.file("trace");
      assertClean("up", await production.run(["up", ...unseen]));
    });
    after(async () => {
      await production.close();
    });

    it("are refused by the program and by the provider, which say what to unset", async () => {
      production.stack.sandbox.control.resetRequests();
      const held = production.stack.existing();
      const refused: Array<Switched & { named: RegExp }> = [
        {
          args: ["preview"],
          env: { PULUMI_DEBUG_GRPC: grpcLog, NODE_DEBUG: "net" },
          named: /PULUMI_DEBUG_GRPC.*NODE_DEBUG/s,
        },
        { args: ["up", ...unseen], env: { NODE_OPTIONS: "--report-uncaught-exception" }, named: /--report-/ },
        { args: ["refresh", ...unseen], env: { PULUMI_DEBUG_GRPC: grpcLog }, named: /PULUMI_DEBUG_GRPC/ },
        { args: ["refresh", ...unseen], env: { TF_LOG: "DEBUG" }, named: /TF_LOG/ },
        { args: ["preview", "--tracing", `file:${trace}`], named: /--tracing/ },
        { args: ["preview", "-v=9", "--logflow"], named: /-v=9/ },
      ];
      for (const { args, env, named } of refused) {
        const { exitCode, stdout, stderr } = await production.run(args, env);
        assert.notEqual(exitCode, 0, args.join(" "));
        assert.match(stdout + stderr, named, args.join(" "));
        // The engine's own log of `-v=9` is among the temporary files.
        await production.clear(grpcLog, trace, production.temporary);
      }
      assert.deepEqual(production.stack.sandbox.control.requestLog(), []);
      assert.deepEqual(production.stack.existing(), held);
      production.assertNoDumps();
    });

    it("are no reason to refuse if they write no payloads", async () => {
      const env = { PULUMI_TRACING_NO_PAYLOADS: "true", PULUMI_DEBUG_COMMANDS: "1" };
      assertClean("preview", await production.run(["preview", "--tracing", `file:${trace}`], env));
    });

    it("are refused if everything is deleted", async () => {
      // A protected resource is refused by the engine, which then does not ask the provider.
      await production.stack.succeed(["state", "unprotect", "--all", "--yes"]);
      const held = production.stack.existing();
      const { exitCode, stdout } = await production.run(["destroy", ...unseen], {
        PULUMI_DEBUG_GRPC: grpcLog,
      });
      assert.notEqual(exitCode, 0);
      assert.match(stdout, /- PULUMI_DEBUG_GRPC: /);
      assert.deepEqual(production.stack.existing(), held);
    });
  });
});
