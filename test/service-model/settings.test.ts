import { strict as assert } from "node:assert";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { readEnvironment, readSettings } from "resistant-tenants-service/settings/read";
import { stringify } from "yaml";
import { z } from "zod";

import { mentions } from "../support/mentions";

/** Settings without a mistake. */
function right() {
  const configuration: Record<string, unknown> = {
    "tenants:tokenUrl": "https://eu.id.resistant.ai/oauth2/aus0123456789/v1/token",
    "tenants:owner": "platform-team",
    "tenants:quota": 30,
    "tenants:journalDiskIsKept": true,
    "aws:region": "eu-west-1",
    "aws:endpoints": [{ secretsmanager: "https://proxy.example:8443" }],
  };
  const approvals: Record<string, unknown> = { required: 1, byKind: { delete: 2 } };
  return {
    url: "https://tenants.example.com",
    identity: { issuer: "https://id.example.com", clientId: "web", audience: "api", personClaim: "number" },
    stages: { production: { configuration, allowedHosts: ["Proxy.Example:8443"], approvals } },
    work: { backendUrl: "s3://states", journal: "s3://journals/tenants", directory: "/var/lib/tenants" },
  };
}

describe("the service's settings", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "service-settings-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** What is said about settings; empty if they are accepted. */
  async function messageOf(settings: object): Promise<string> {
    const file = path.join(folder, "service.yaml");
    await writeFile(file, stringify(settings));
    return readSettings(file).then(
      () => "",
      (error: unknown) => String(error),
    );
  }

  /** The paths of all mistakes in settings. */
  async function pathsOf(settings: object): Promise<string[]> {
    return [...(await messageOf(settings)).matchAll(/^- (.+?): /gm)].map(([, at = ""]) => at);
  }

  it("are accepted if its stacks would accept each stage's configuration", async () => {
    assert.deepEqual(await pathsOf(right()), []);
  });

  const ofStage = "stages.production.configuration";
  for (const [what, key, value] of [
    ["an unknown key", "tenants:onwer", "team"],
    ["a known key in another namespace", "tenant:owner", "team"],
    ["a key without a namespace", "owner", "team"],
    ["text that YAML reads as a number", "tenants:owner", 12345],
    ["text that YAML reads as a boolean", "tenants:clientId", true],
    ["a host that is not allowed", "tenants:apiUrl", "https://other.example/v0"],
    ["an AWS endpoint that is not allowed", "aws:httpsProxy", "https://other.example"],
    ["another stage", "tenants:stage", "testing"],
    ["customers, which the service declares", "tenants:customers", []],
    ["files of customers", "tenants:customersFrom", "customers/*.yaml"],
    ["a journal, which is work.journal", "tenants:journal", "s3://journals/others"],
    ["an empty value", "tenants:keyId", null],
  ] as const)
    it(`are refused with ${what} in a stage's configuration, once and with its path`, async () => {
      const settings = right();
      settings.stages.production.configuration[key] = value;
      assert.deepEqual(await pathsOf(settings), [`${ofStage}.${key}`]);
    });

  it("are refused with text that YAML reads as something else, and what to do", async () => {
    const settings = right();
    Object.assign(settings.identity, { clientId: 12345, audience: true });
    mentions(
      await messageOf(settings),
      "identity.clientId: 12345 is a number to YAML: write it in quotes",
      "identity.audience: true is a boolean to YAML: write it in quotes",
    );
  });

  it("are refused with what to do in service.yaml, not in the environment or by pulumi", async () => {
    const settings = right();
    const { configuration } = settings.stages.production;
    delete configuration["aws:region"];
    Object.assign(configuration, {
      "tenants:apiUrl": "https://other.example/v0",
      "aws:httpsProxy": "https://other.example",
      "tenants:ownr": "team",
      owner: "team",
      "tenants:secrets": { replicate: true },
    });
    const message = await messageOf(settings);
    mentions(
      message,
      "add it to `allowedHosts` of the stage",
      "remove it",
      "did you mean owner?",
      "write tenants:owner",
      "set aws:region",
    );
    assert.doesNotMatch(message, /TENANTS_ALLOWED_HOSTS|this command|pulumi config/);
  });

  it("are refused with a journal that its stacks would refuse, once for all stages", async () => {
    for (const journal of ["/", "/var/lib/journals/", "s3://your-bucket/journals"]) {
      const { stages, work, ...rest } = right();
      const testing = { ...stages.production };
      assert.deepEqual(
        await pathsOf({ ...rest, stages: { ...stages, testing }, work: { ...work, journal } }),
        ["work.journal"],
        journal,
      );
    }
  });

  it("are refused without a token URL, and with an approval rule for an unknown kind of request", async () => {
    const settings = right();
    const { configuration, approvals } = settings.stages.production;
    delete configuration["tenants:tokenUrl"];
    approvals["byKind"] = { delete: 2, deleet: 2 };
    assert.deepEqual(await pathsOf(settings), [
      `${ofStage}.tenants:tokenUrl`,
      "stages.production.approvals.byKind.deleet",
    ]);
  });

  it("are refused with an allowed host that is none", async () => {
    const settings = right();
    settings.stages.production.allowedHosts.push("https://x.example");
    assert.deepEqual(await pathsOf(settings), ["stages.production.allowedHosts"]);
  });

  it("are refused with a place for state, journal or jobs that depends on where it is started", async () => {
    for (const backendUrl of ["file://state", "file://~/state", "state"]) {
      const work = { backendUrl, journal: "journal.jsonl", directory: "work" };
      const paths = await pathsOf({ ...right(), work });
      assert.deepEqual(paths, ["work.backendUrl", "work.journal", "work.directory"], backendUrl);
    }
  });

  it("are refused with an address without a scheme", async () => {
    const webhooks = [{ name: "crm", url: "crm.example.com" }];
    const paths = await pathsOf({ ...right(), url: "tenants.example.com", webhooks });
    assert.deepEqual(paths, ["url", "webhooks.0.url"]);
  });

  it("are refused with a path in the service's address, where nothing would answer", async () => {
    assert.deepEqual(await pathsOf({ ...right(), url: "https://example.com/tenants" }), ["url"]);
    assert.deepEqual(await pathsOf({ ...right(), url: "https://example.com/" }), []);
  });

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

describe("the environment of the service's processes", () => {
  const schema = z.object({
    SERVICE_HOST: z.string().default("127.0.0.1"),
    SERVICE_PORT: z.coerce.number().int().min(0).default(8080),
    SERVICE_SMTP_PASSWORD: z.string().min(1).optional(),
  });

  it("has the default of an empty variable, which counts as unset", () => {
    const empty = { SERVICE_HOST: "", SERVICE_PORT: "", SERVICE_SMTP_PASSWORD: "" };
    assert.deepEqual(readEnvironment(schema, empty), readEnvironment(schema, {}));
    assert.deepEqual(readEnvironment(schema, empty), { SERVICE_HOST: "127.0.0.1", SERVICE_PORT: 8080 });
  });
});
