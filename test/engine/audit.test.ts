import { strict as assert } from "node:assert";
import { randomUUID } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import path from "node:path";

import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogStreamCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { z } from "zod";

import type { ProcessResult } from "../../sandbox/process";
import { exhaustiveTag } from "../suites";
import { acme, globex } from "./customers";
import { region, StackUnderTest, startShared } from "./engine";

const upUnseen = ["up", "--yes", "--skip-preview"];
const workflow = {
  GITHUB_ACTIONS: "true",
  GITHUB_RUN_ID: "7",
  GITHUB_SERVER_URL: "https://github.com",
  GITHUB_REPOSITORY: "your/tenants",
};
const octocat = { ...workflow, GITHUB_ACTOR: "octocat", TENANTS_REASON: "CHG-1042: a new customer" };
const hubot = { ...workflow, GITHUB_ACTOR: "hubot", TENANTS_REASON: "CHG-1043: another cell 👩‍💻" };

const shownSchema = z.object({ operations: z.array(z.looseObject({ time: z.string() })) });
const verifiedSchema = z.object({
  isSound: z.boolean(),
  chains: z.array(z.looseObject({ head: z.looseObject({ hash: z.string() }) })),
  defects: z.array(z.object({ kind: z.string(), where: z.string(), problem: z.string() })),
});

describe("the audit log of a production stack, on the engine", function () {
  let stack: StackUnderTest;
  let logs: CloudWatchLogsClient;
  const logGroup = `/tenants/${randomUUID()}`;

  before(async () => {
    stack = await StackUnderTest.create({ stage: "production", customers: [acme] });
    const { secretsManager } = await startShared();
    logs = new CloudWatchLogsClient({
      region,
      endpoint: secretsManager.endpointUrl,
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
  });
  after(async () => {
    logs.destroy();
    await stack.finish();
  });

  const file = () => path.join(stack.workspace.directory, "journal.jsonl");
  const lines = async () => (await stack.journal()).trimEnd().split("\n");
  const audit = (...args: string[]): Promise<ProcessResult> => stack.tenants("audit", ...args);
  /** The kinds of defects that a verification found, each with its place. */
  const defectsIn = ({ stdout }: ProcessResult): string[] =>
    verifiedSchema
      .parse(JSON.parse(stdout))
      .defects.map(
        ({ kind, where }) => `${kind} in ${where.includes(logGroup) ? "CloudWatch" : "the journal"}`,
      );
  const verifyFile = (...args: string[]) => audit("verify", "--json", "--journal", file(), ...args);
  async function shown(...args: string[]): Promise<Array<Record<string, unknown>>> {
    const { exitCode, stdout, stderr } = await audit("show", "--json", "--journal", file(), ...args);
    assert.equal(exitCode, 0, stderr);
    return shownSchema.parse(JSON.parse(stdout)).operations;
  }

  it("has nothing without a reason: the up stops before any call, and a preview reports that", async () => {
    const env = { TENANTS_REASON: undefined };
    assert.match(await stack.succeed(["preview"], { env }), /export TENANTS_REASON="/);
    assert.match(await stack.fail(upUnseen, { env }), /acme\/eu-1\/default.*export TENANTS_REASON="/s);
    const refused = await stack.fail(upUnseen, { env: { TENANTS_REASON: "two\nlines" } });
    assert.match(refused, /\bTENANTS_REASON\b/);
    assert.doesNotMatch(refused, /export TENANTS_REASON=/);
    assert.deepEqual([stack.existing(), await stack.listSecrets(), await stack.journal()], [{}, [], ""]);
    assert.deepEqual(stack.sandbox.control.requestLog(), []);
  });

  it("is copied to CloudWatch, whose refusal stops an up before anything is sent", async () => {
    await stack.workspace.configure({ "tenants:auditLogGroup": logGroup });
    assert.match(await stack.fail(upUnseen, { env: octocat }), /aws logs create-log-group --log-group-name/);
    assert.deepEqual(stack.existing(), {});
    assert.equal((await shown()).at(-1)?.["outcome"], "failed");

    await logs.send(new CreateLogGroupCommand({ logGroupName: logGroup }));
    await stack.succeed(upUnseen, { env: octocat });
    const { logStreams } = await logs.send(new DescribeLogStreamsCommand({ logGroupName: logGroup }));
    const [{ logStreamName }] = logStreams as [{ logStreamName: string }];
    assert.match(logStreamName, /^organization\/resistant-tenants\/prod\/\d{4}-/);
    const { events } = await logs.send(
      new GetLogEventsCommand({ logGroupName: logGroup, logStreamName, startFromHead: true }),
    );
    const delivered = (events ?? []).map(({ message }) => message);
    assert.deepEqual(delivered, (await lines()).slice(2));
    assert.equal(delivered.length, 4);
  });

  it("keeps who created a tenant, and when, through the runs of others", async () => {
    const made = (await stack.workspace.outputs())["customers"] as Record<string, Record<string, unknown>>;
    await stack.setCustomers([{ ...acme, cells: ["eu-1", "us-1"] }]);
    await stack.succeed(upUnseen, { env: hubot });
    await stack.succeed(["refresh", "--yes", "--skip-preview"], { env: hubot });
    const kept = (await stack.workspace.outputs())["customers"] as Record<string, Record<string, unknown>>;
    assert.equal(kept["acme"]!["createdBy"], "github:octocat");
    assert.equal(kept["acme"]!["createdAt"], made["acme"]!["createdAt"]);
  });

  it("shows who did what and why, as a table, and by customer, actor and time", async () => {
    const [application, ...others] = await shown("--actor", "hubot");
    const [, second] = stack.existing()["acme"]!;
    assert.deepEqual(others, []);
    assert.deepEqual(
      ["operation", "slot", "tenantId", "applicationId", "outcome", "reason", "actor"].map(
        (key) => application![key],
      ),
      [
        "create",
        "acme/us-1/default",
        stack.tenantId("acme"),
        second,
        "made",
        hubot.TENANTS_REASON,
        "github:hubot",
      ],
    );
    assert.equal(typeof application!["durationMs"], "number");
    assert.equal(typeof application!["clientId"], "string");
    assert.equal((await shown("--customer", "acme", "--since", "2020-01-01")).length, 4);
    const { stdout } = await audit("show");
    assert.match(stdout, /time.*actor.*operation.*slot.*outcome.*reason/);
    assert.match(stdout, /github:octocat.*create tenant.*acme.*made.*CHG-1042: a new customer/);
    assert.equal((await audit("show", "--since", "yesterday")).exitCode, 2);
  });

  it("is verified: whole, cut down, changed, taken away", async () => {
    const whole = await audit("verify", "--json");
    assert.equal(whole.exitCode, 0, whole.stdout);
    const { hash } = verifiedSchema.parse(JSON.parse(whole.stdout)).chains[0]!.head;
    const text = await stack.journal();
    await writeFile(file(), text.replaceAll("octocat", "nobody"));
    const changed = await verifyFile();
    assert.equal(changed.exitCode, 3);
    assert.equal(defectsIn(changed)[0], "changed in the journal");
    await writeFile(file(), `${(await lines()).slice(0, -2).join("\n").replaceAll("nobody", "octocat")}\n`);
    assert.equal((await verifyFile()).exitCode, 0);
    const cutDown = await verifyFile("--expect", hash);
    assert.equal(cutDown.exitCode, 3);
    assert.deepEqual(defectsIn(cutDown), ["notFound in the journal"]);
    await rm(file());
    const gone = await audit("verify", "--json");
    assert.equal(gone.exitCode, 3);
    assert.equal(defectsIn(gone)[0], "missing in the journal");
    assert.equal((await audit("verify", "--journal", "missing.jsonl")).exitCode, 1);
    await writeFile(file(), text);
    const copy = await verifyFile("--expect", hash);
    assert.deepEqual([copy.exitCode, copy.stderr], [0, ""]);
  });

  /** Verifies the stack's own journal with this text in it, and gives what is found. */
  async function verifiedWith(text: string): Promise<ProcessResult> {
    const whole = await stack.journal();
    await writeFile(file(), text);
    const found = await audit("verify", "--json");
    await writeFile(file(), whole);
    assert.equal(found.exitCode, 3, `${found.stdout}${found.stderr}`);
    return found;
  }

  it("is verified against the state and CloudWatch: cut at its end, stripped of its hashes, a copy that differs", async () => {
    const text = (await lines()).map((line) => `${line}\n`);
    const cut = await verifiedWith(text.slice(0, -2).join(""));
    assert.deepEqual(defectsIn(cut), [
      "missing in the journal",
      "missing in CloudWatch",
      "missing in CloudWatch",
    ]);
    const stripped = text.map((line) => {
      const plain = Object.entries(JSON.parse(line) as Record<string, unknown>).filter(
        ([key]) =>
          ![
            "previous",
            "sequence",
            "holds",
            "reason",
            "claimedActor",
            "commit",
            "runUrl",
            "versions",
            "awsIdentity",
          ].includes(key),
      );
      return `${JSON.stringify({ ...Object.fromEntries(plain), v: 1 })}\n`;
    });
    const { defects } = verifiedSchema.parse(JSON.parse((await verifiedWith(stripped.join(""))).stdout));
    // The state has where the creations of the tenant and its two applications are on record.
    const ofState = defects.filter(({ kind, where }) => kind === "changed" && where === file());
    assert.equal(ofState.length, 3);

    const { logStreams } = await logs.send(new DescribeLogStreamsCommand({ logGroupName: logGroup }));
    const [{ logStreamName }] = logStreams as [{ logStreamName: string }];
    const message = text[3]!.trimEnd().replace("octocat", "nobody");
    const logEvents = [{ message, timestamp: Date.now() }];
    await logs.send(new PutLogEventsCommand({ logGroupName: logGroup, logStreamName, logEvents }));
    assert.deepEqual(defectsIn(await verifiedWith(text.join(""))), ["changed in CloudWatch"]);
    await logs.send(new DeleteLogStreamCommand({ logGroupName: logGroup, logStreamName }));
  });

  it("gets missing events late, by the command that verify names", async () => {
    const { logStreams = [] } = await logs.send(new DescribeLogStreamsCommand({ logGroupName: logGroup }));
    const [first] = (await lines()).slice(2);
    for (const { logStreamName } of logStreams)
      await logs.send(new DeleteLogStreamCommand({ logGroupName: logGroup, logStreamName }));
    const logStreamName = "organization/resistant-tenants/prod/first";
    await logs.send(new CreateLogStreamCommand({ logGroupName: logGroup, logStreamName }));
    const logEvents = [{ message: first, timestamp: Date.now() }];
    await logs.send(new PutLogEventsCommand({ logGroupName: logGroup, logStreamName, logEvents }));
    const lacking = await verifiedWith(await stack.journal());
    assert.deepEqual(defectsIn(lacking), ["missing in CloudWatch"]);
    assert.match(lacking.stdout, /npm run tenants -- audit deliver/);

    const changed = (await stack.journal()).replace("CHG-1043", "CHG-9999");
    const whole = await stack.journal();
    await writeFile(file(), changed);
    const refused = await audit("deliver");
    await writeFile(file(), whole);
    assert.equal(refused.exitCode, 1);
    assert.match(refused.stderr, /audit verify/);

    const delivered = await audit("deliver", "--json");
    assert.equal(delivered.exitCode, 0, delivered.stderr);
    const { events: after = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName: logGroup }));
    assert.equal(after.length, (await lines()).length - 2);
    assert.deepEqual(after.map(({ message }) => message).sort(), (await lines()).slice(2).sort());
    assert.ok(after.some(({ logStreamName: stream = "" }) => stream.endsWith("-late")));
    const verified = await audit("verify", "--json");
    assert.equal(verified.exitCode, 0, verified.stdout);
  });

  it("needs a reason for the removal of a customer, and for reconcile --fix, before anything is touched", async () => {
    const held = stack.existing();
    await stack.setCustomers([{ ...acme, cells: ["eu-1", "us-1"] }, globex]);
    stack.sandbox.control.addFault({ operation: "createTenantApplication", kind: "hang", carriedOut: true });
    await stack.killUpWhen(() => stack.existing()["globex"]?.length === 1, octocat);
    stack.sandbox.control.clearFaults();
    const fix = ["reconcile", "--fix", "--yes"];
    const refused = await stack.tenantsWith({ TENANTS_REASON: undefined }, ...fix);
    assert.equal(refused.exitCode, 2);
    assert.match(refused.stderr, /TENANTS_REASON.*--reason|--reason.*TENANTS_REASON/s);
    assert.equal(stack.existing()["globex"]!.length, 1);
    await stack.tenantsWith({ TENANTS_REASON: undefined }, ...fix, "--reason", "INC-7: a killed run");
    assert.deepEqual(stack.existing()["globex"], []);
    const cleared = (await shown("--customer", "globex")).at(-1)!;
    assert.deepEqual([cleared["operation"], cleared["reason"]], ["delete", "INC-7: a killed run"]);

    const deprecated = [{ ...acme, cells: ["eu-1", "us-1"] }, globex].map((customer) => ({
      ...customer,
      status: "deprecated",
    }));
    await stack.setCustomers(deprecated);
    await stack.succeed(upUnseen, { env: octocat });
    await stack.setCustomers([deprecated[1]!]);
    assert.match(
      await stack.fail(upUnseen, { env: { TENANTS_REASON: undefined } }),
      /TENANTS_REASON.*- acme\/eu-1\/default|- acme\/eu-1\/default.*TENANTS_REASON/s,
    );
    assert.deepEqual(stack.existing()["acme"], held["acme"]);
    assert.equal((await stack.listSecrets({ includePlannedDeletion: false })).length, 3);
    const sound = await verifyFile();
    assert.equal(sound.exitCode, 0, sound.stdout);
  });

  it(`is complete again once reconcile --fix has recorded what was deleted at the vendor, with a reason ${exhaustiveTag}`, async () => {
    await stack.setCustomers([acme, globex]);
    await stack.up();
    const [applicationId = ""] = stack.existing()["globex"]!;
    stack.sandbox.control.deleteApplication(applicationId);
    await stack.succeed(["refresh", "--yes", "--skip-preview"]);
    const open = await verifiedWith(await stack.journal());
    assert.deepEqual(defectsIn(open), ["open in the journal"]);
    assert.match(open.stdout, new RegExp(`${applicationId}.*npm run tenants -- reconcile --fix`));
    const fix = ["reconcile", "--fix", "--yes"];
    assert.equal((await stack.tenantsWith({ TENANTS_REASON: undefined }, ...fix)).exitCode, 2);
    const fixed = await stack.tenantsWith({ TENANTS_REASON: undefined }, ...fix, "--reason", "INC-8: gone");
    assert.equal(fixed.exitCode, 0, fixed.stdout + fixed.stderr);
    const recorded = (await shown("--customer", "globex")).at(-1)!;
    assert.deepEqual(
      ["operation", "applicationId", "outcome", "reason"].map((key) => recorded[key]),
      ["delete", applicationId, "gone", "INC-8: gone"],
    );
    const sound = await audit("verify", "--json");
    assert.equal(sound.exitCode, 0, sound.stdout);
    const again = await stack.tenants("reconcile", "--json");
    assert.deepEqual((JSON.parse(again.stdout) as { findings: unknown }).findings, []);
  });
});
