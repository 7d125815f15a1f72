import { strict as assert } from "node:assert";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { parse, stringify } from "yaml";
import { z } from "zod";

import { runProcess } from "../../sandbox/process";
import { proveToken } from "../../sandbox/start/proof";
import { toApplications } from "../../sandbox/start/stack-outputs";
import { exhaustiveTag } from "../suites";
import { globex } from "./customers";
import { StackUnderTest } from "./engine";

const umbrella = {
  name: "umbrella",
  customerId: "0012345",
  owner: "payments-team",
  cells: ["eu-1"],
  applications: [
    { cell: "eu-1", scopes: ["documents.submissions.read"] },
    { cell: "eu-1", purpose: "ingest", authMethod: "EC" },
  ],
};
const entrySchema = z.object({ customer: z.string(), isDeclared: z.boolean(), yaml: z.string() });
const reportSchema = z.object({
  findings: z.array(z.object({ kind: z.string(), applicationId: z.string().optional() })),
  warnings: z.array(z.string()),
  entries: z.array(entrySchema),
});
const restoredSchema = z.object({ entry: entrySchema.optional() });

describe("a customer that is taken over by a printed entry, on the engine", function () {
  let stack: StackUnderTest;
  let existing: Record<string, string[]>;
  let yaml: string;

  const reconcile = async (): Promise<z.output<typeof reportSchema>> =>
    reportSchema.parse(JSON.parse((await stack.tenants("reconcile", "--json")).stdout));
  /** Puts an entry into the stack's file as it was printed, beside the other customer's, and checks the file. */
  const paste = async (printed: string): Promise<void> => {
    await stack.setCustomers([globex]);
    const { configFile } = stack.workspace;
    const key = "  tenants:customers:\n";
    // People's files are in block style.
    const text = stringify(parse(await readFile(configFile, "utf8")));
    assert.ok(text.includes(key), text);
    await writeFile(configFile, text.replace(key, `${key}${printed}\n`));
    const { exitCode, stdout } = await stack.tenants("check", configFile);
    assert.equal(exitCode, 0, stdout);
  };
  /** The printed lines of an entry, as they are. */
  const printedIn = (text: string): string => {
    const lines = text.split("\n").map((line) => line.trimEnd());
    const start = lines.findIndex((line) => /^\s+- name: umbrella/.test(line));
    assert.notEqual(start, -1, text);
    const indent = lines[start]?.indexOf("-") ?? 0;
    const rest = lines.slice(start + 1);
    const end = rest.findIndex((line) => !line.startsWith(" ".repeat(indent + 1)));
    return [lines[start], ...rest.slice(0, end)].join("\n");
  };
  /** Asserts that all is as it was, and that nothing was made or deleted at the vendor. */
  const assertTakenOver = async (): Promise<void> => {
    assert.deepEqual(stack.existing(), existing);
    const changing = stack.sandbox.control
      .requestLog()
      .filter(({ operation }) => /create|delete/i.test(operation));
    assert.deepEqual(changing, []);
    for (const { secretArn } of toApplications(await stack.workspace.outputs()))
      await proveToken(await stack.storedSecret(secretArn));
    assert.deepEqual((await reconcile()).findings, []);
  };

  before(async () => {
    stack = await StackUnderTest.create({ customers: [umbrella, globex], encryption: "passphrase" });
    await stack.up();
    existing = stack.existing();
    stack.sandbox.control.resetRequests();
  });
  after(async () => {
    await stack.finish();
  });

  it(`is not taken back by halves: a preview refuses, with the entry that takes all of it back ${exhaustiveTag}`, async () => {
    const tenantId = stack.tenantId("umbrella");
    await stack.setCustomers([{ ...umbrella, status: "released" }, globex]);
    const released = printedIn(await stack.up());
    await stack.setCustomers([{ ...umbrella, adopt: tenantId }, globex]);
    yaml = printedIn(await stack.fail(["preview"]));
    assert.deepEqual(parse(yaml), parse(released));
    const [entry] = parse(yaml) as { applications: { adopt: { applicationId: string } }[] }[];
    assert.deepEqual(
      entry?.applications.map(({ adopt }) => adopt.applicationId).sort(),
      [...existing["umbrella"]!].sort(),
    );
  });

  it(`gets no second client either once the state has forgotten it, and reconcile names the living one ${exhaustiveTag}`, async () => {
    await stack.setCustomers([globex]);
    await stack.up();
    const tenantId = stack.tenantId("umbrella");
    await stack.setCustomers([{ ...umbrella, adopt: tenantId }, globex]);
    const restored = await stack.tenants("restore", "umbrella", "--yes", "--json");
    assert.match(
      await stack.succeed(["preview"]),
      /clients .*: umbrella\/eu-1\/default, umbrella\/eu-1\/ingest/,
    );
    const { entry } = restoredSchema.parse(JSON.parse(restored.stdout));
    assert.deepEqual(
      { ...(parse(entry?.yaml ?? "") as object[])[0], owner: undefined },
      { ...(parse(yaml) as object[])[0], owner: undefined },
    );
    assert.match(
      await stack.fail(["up", "--yes", "--skip-preview", "--continue-on-error"]),
      new RegExp(`application umbrella/\\S+ .*: ${existing["umbrella"]?.[0]}`),
    );
    assert.deepEqual(stack.existing(), existing);
    const { findings, entries } = await reconcile();
    assert.deepEqual(
      findings
        .filter(({ kind }) => kind === "orphanedApplication")
        .map(({ applicationId }) => applicationId)
        .sort(),
      [...(existing["umbrella"] ?? [])].sort(),
    );
    await paste(entries[0]?.yaml ?? "");
    await stack.up();
    await assertTakenOver();
  });

  for (const isJournalLost of [true, false])
    it(`is taken over into a new state by what reconcile prints, ${isJournalLost ? "without a journal" : `with the journal ${exhaustiveTag}`}`, async () => {
      await stack.setCustomers([umbrella, globex]);
      await rm(path.join(stack.workspace.directory, "state/.pulumi/stacks"), { recursive: true });
      if (isJournalLost) await rm(path.join(stack.workspace.directory, "journal.jsonl"));
      const { exitCode } = await runProcess("pulumi", ["stack", "init", "dev", "--non-interactive"], {
        cwd: path.dirname(stack.workspace.configFile),
        env: { ...process.env, ...stack.workspace.env, PULUMI_OPTION_STACK: undefined },
      });
      assert.equal(exitCode, 0);
      stack.sandbox.control.resetRequests();
      const { entries, warnings } = await reconcile();
      assert.deepEqual(entries.map(({ customer, isDeclared }) => [customer, isDeclared]).sort(), [
        ["globex", true],
        ["umbrella", true],
      ]);
      assert.deepEqual(
        warnings.filter((warning) => /AWS/.test(warning)),
        [],
      );
      const text = entries.map((entry) => entry.yaml).join("\n");
      await stack.setCustomers(parse(text) as never);
      assert.equal((await stack.tenants("check", stack.workspace.configFile)).exitCode, 0);
      for (const { customer } of entries) {
        const restored = await stack.tenants("restore", customer, "--yes", "--json");
        assert.deepEqual(restoredSchema.parse(JSON.parse(restored.stdout)), {});
      }
      await stack.up();
      await assertTakenOver();
      await stack.setCustomers([umbrella, globex]);
      await stack.up("--expect-no-changes");
    });
});
