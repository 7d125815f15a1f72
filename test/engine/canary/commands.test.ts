import { strict as assert } from "node:assert";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { LocalWorkspace, PulumiCommand, Stack } from "@pulumi/pulumi/automation";

import { exhaustiveTag } from "../../suites";
import { useVariables } from "../../support/environment";
import { copyProject } from "../../support/project-copy";
import { fourCustomers } from "../customers";
import { startShared } from "../engine";
import { assertClean, Canary } from "./canary";
import { type EngineCommand, waysOf } from "./ways";

const rotation = { every: "90d", overlap: "7d" };
const dayMs = 86_400_000;
const unseen = ["--yes", "--skip-preview"];

/** Commands that run no program: those that print most, and the others. */
const reading = {
  few: [
    ["stack", "export"],
    ["stack", "history", "--output", "json"],
    ["stack", "output", "--json"],
    ["config", "--json"],
  ],
  others: [
    ["stack"],
    ["stack", "--show-urns", "--show-ids"],
    ["stack", "output"],
    ["stack", "output", "--shell"],
    ["config"],
  ],
};

for (const ways of ["few", "all"] as const) {
  const tag = ways === "all" ? `, in every way alone as well ${exhaustiveTag}` : "";
  describe(`no credential in what the engine prints or writes${tag}`, function () {
    this.timeout(600_000);
    let canary: Canary;
    let days = 0;
    const now = (): Record<string, string> => ({
      TENANTS_NOW: new Date(Date.now() + days * dayMs).toISOString(),
    });
    /** Lets a rotation be due in every run: each gets new private keys and secrets. */
    const nextRotation = (): Record<string, string> => {
      days += 91;
      return now();
    };

    let folder: string;
    // `stack history` writes a salt into the stack's file beside Pulumi.yaml: the work tree is not for that.
    const projectDir = (): string => path.join(folder, "project");

    before(async () => {
      folder = await mkdtemp(path.join(tmpdir(), "canary-project-"));
      await copyProject(projectDir());
      canary = await Canary.create({
        projectDir: projectDir(),
        customers: fourCustomers as never,
        config: { "tenants:rotation": rotation },
        env: { TENANTS_PRIVATE_KEY: "" },
      });
      const { stack } = canary;
      // The worst case: the key goes through configuration, state and every provider's configuration. It is set beforehand:
      // whoever types it as an argument shows it to the machine.
      await stack.configurePrivateKey();
    });
    after(async () => {
      await canary.close();
      await rm(folder, { recursive: true });
    });

    async function inEveryWay(
      command: EngineCommand,
      args: readonly string[],
      env: () => Record<string, string> = now,
    ): Promise<void> {
      for (const way of waysOf(command, canary, ways)) {
        assertClean(
          `${command}, ${way.name}`,
          await canary.run([command, ...args, ...way.flags], { ...env(), ...way.env }),
        );
      }
    }

    it("finds what is planted: in the output, in a file, in an argument", async () => {
      const { value } = canary.credentials()[0]!;
      canary.plant("planted", JSON.stringify({ value }));
      const found = await canary.run(["config", "get", "tenants:privateKey"]);
      const places = new Set(found.leaks.map(({ where }) => where));
      assert.deepEqual(places, new Set(["temporary file planted", "standard output", "file tmp/planted"]));
      canary.plant("planted", "");
      if (process.platform !== "linux") return;
      const shown = await canary.run(["config", "set", "--secret", "tenants:privateKey", "--", value]);
      assert.ok(shown.leaks.some(({ where }) => where === "arguments of pulumi"));
    });

    it("if everything is made", async () => {
      assertClean(
        "preview",
        await canary.run(["preview", "--diff", "--save-plan", canary.file("first.plan")]),
      );
      assertClean("up", await canary.run(["up", ...unseen, "--json", "--debug"]));
      assert.equal(canary.storedKeys().length, 2);
    });

    it("if nothing changes", async () => {
      // What a preview and an `up` print beyond this, they print where all credentials are rotated.
      if (ways === "all") {
        await inEveryWay("preview", []);
        await inEveryWay("up", unseen);
      }
      await inEveryWay("refresh", unseen);
    });

    it("if all credentials are rotated", async () => {
      const keys = canary.storedKeys().length;
      await inEveryWay("preview", ["--save-plan", canary.file("rotation.plan")], nextRotation);
      await inEveryWay("up", unseen, nextRotation);
      // Each run rotates two applications with keys.
      assert.ok(canary.storedKeys().length >= keys + 2 * waysOf("up", canary, ways).length);
    });

    it("if the program is run to refresh", async () => {
      assertClean(
        "refresh",
        await canary.run(["refresh", ...unseen, "--run-program", "--json", "--debug"], now()),
      );
    });

    it("if something is imported or adopted", async () => {
      const { stack } = canary;
      const pem = generateKeyPairSync("ec", { namedCurve: "P-256" })
        .privateKey.export({ type: "pkcs8", format: "pem" })
        .toString();
      canary.planted.push({ name: "the value of a secret that is imported", value: pem });
      const arn = await stack.createSecret("imported", pem);
      const secret = ["aws:secretsmanager/secret:Secret", "imported", arn, "--generate-code=false"];
      await inEveryWay("import", ["--preview-only", ...secret]);
      assertClean("import", await canary.run(["import", ...unseen, "--protect=false", ...secret]));
      assertClean("up", await canary.run(["up", ...unseen, "--diff", "--debug"], now()));
    });

    it("if no program runs", async () => {
      const others = ways === "all" ? [...reading.others, ["stack", "graph", canary.file("graph.dot")]] : [];
      for (const args of [...reading.few, ...others]) {
        assertClean(args.join(" "), await canary.run(args));
      }
    });

    if (ways === "all")
      describe("the events of the Automation API", () => {
        const events: string[] = [];
        const onEvent = (event: unknown): number => events.push(JSON.stringify(event));
        const onOutput = (text: string): number => events.push(text);
        useVariables(() => ({ TMPDIR: canary.temporary, PATH: canary.stack.workspace.env["PATH"] }));

        const watched = (run: () => Promise<unknown>): Promise<void> =>
          canary
            .watching(async () => {
              events.length = 0;
              await run();
              assert.ok(events.length > 3, "no events came");
              return { exitCode: 0, stdout: events.join("\n"), stderr: "" };
            })
            .then((result) => {
              assertClean("the events", result);
            });

        it("hold none, if nothing changes and if all credentials are rotated", async () => {
          const { pulumi } = await startShared();
          const workspace = await LocalWorkspace.create({
            workDir: projectDir(),
            envVars: { ...canary.stack.workspace.env, ...now() },
            pulumiCommand: await PulumiCommand.get({ root: path.dirname(pulumi.bin) }),
          });
          // `pulumi stack select` would write into the committed Pulumi.dev.yaml; PULUMI_OPTION_STACK has selected the stack.
          workspace.selectStack = () => Promise.resolve();
          const automated = await Stack.select("dev", workspace);
          const options = { onEvent, onOutput, onError: onOutput, debug: true };
          await watched(() => automated.preview(options));
          await watched(() => automated.up(options));
          // An up of the Automation API begins with a preview.
          workspace.envVars = { ...workspace.envVars, ...nextRotation() };
          await watched(() => automated.up(options));
          await watched(() => automated.refresh(options));
        });
      });

    describe("at the end", () => {
      it("if everything is deleted, and nothing is dumped meanwhile", async () => {
        await inEveryWay("destroy", ["--preview-only"]);
        assertClean(
          "destroy",
          await canary.run(["destroy", ...unseen, "--json", "--debug", "--event-log", canary.file("end")], {
            PULUMI_DEBUG_COMMANDS: "1",
          }),
        );
        assert.deepEqual(canary.stack.existing(), {});
        canary.assertNoDumps();
      });
    });
  });
}
