import { strict as assert } from "node:assert";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { parse } from "yaml";

import { customersFromOf, folderOf, problemsOf } from "../../operations/src/configuration/check";
import { type ConfigurationFile, readConfigurationFile } from "../../operations/src/configuration/file";
import { mergeConfiguration } from "../../operations/src/configuration/merge";
import { mentioning, mentions } from "../support/mentions";

const reviewed = `# The head
secretsprovider: awskms://alias/ours
config:
  aws:region: eu-west-1
  tenants:stage: testing
  tenants:tokenUrl: https://eu.id.resistant.ai/token
  tenants:privateKeySecretArn: arn:aws:secretsmanager:eu-west-1:123456789012:secret:ours
  # The customers
  tenants:customers:
    - { name: acme, customerId: CRM-1, cells: [eu-1] }
`;

describe("a stack's configuration without the engine", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "configuration-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function read(text: string): Promise<ConfigurationFile> {
    const file = path.join(folder, "Pulumi.dev.yaml");
    await writeFile(file, text);
    return readConfigurationFile(file);
  }

  const check = async (text: string): Promise<string[]> =>
    (await problemsOf(await read(text), {})).map(({ path: where }) => where);

  describe("checked", () => {
    it("is accepted if the program accepts it", async () => {
      assert.deepEqual(await check(reviewed), []);
      assert.deepEqual(await check(`${reviewed}  tenants:journalDiskIsKept: true\n`), []);
    });

    it("has every problem named that the program names", async () => {
      const wrong = reviewed
        .replace("acme", "Acme")
        .replace("[eu-1]", "[us-1]")
        .replace("tokenUrl", "tokenURL");
      assert.deepEqual(await check(wrong), [
        "tenants:tokenURL",
        "tenants:tokenUrl",
        "tenants:customers[0].name",
        "tenants:customers[0].cells[0]",
      ]);
      assert.deepEqual(await check(""), ["tenants:stage", "tenants:tokenUrl", "tenants:customers"]);
    });

    it("reads the region, merge keys, dates and the values of Pulumi.yaml as the engine does", async () => {
      const project = `name: resistant-tenants
runtime: nodejs
config:
  tenants:stage: { value: testing }
  tenants:tokenUrl: { value: "https://eu.id.resistant.ai/token" }
`;
      await writeFile(path.join(folder, "Pulumi.yaml"), project);
      assert.deepEqual(
        await check(`config:
  aws:region: eu-west-1
  tenants:secrets: { replicate: true }
  tenants:rotation: { rotateAt: [2026-11-24 14:00:00, 2026-12-01] }
  tenants:customers:
    - &base { name: acme, customerId: CRM-1, cells: [eu-1] }
    - { <<: *base, name: globex, customerId: CRM-2 }
`),
        [],
      );
      const otherRegion = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555";
      assert.deepEqual(
        await check(`config:
  aws:region: eu-west-1
  tenants:secrets: { kmsKeyId: "${otherRegion}" }
  tenants:customers: []
`),
        ["tenants:secrets.kmsKeyId"],
      );
    });

    it("is found where the project says that the stacks' files are", async () => {
      const stacks = path.join(folder, "stacks");
      await mkdir(path.join(folder, "customers"));
      await mkdir(stacks);
      await writeFile(
        path.join(folder, "customers", "acme.yaml"),
        "{name: acme, customerId: C-1, cells: [eu-1]}\n",
      );
      const inFiles = reviewed.replace(
        /tenants:customers:\n.*\n/,
        "tenants:customersFrom: customers/*.yaml\n",
      );
      for (const key of ["stackConfigDir", "config"]) {
        await writeFile(path.join(folder, "Pulumi.yaml"), `name: own\nruntime: nodejs\n${key}: stacks\n`);
        const file = path.join(stacks, "Pulumi.dev.yaml");
        await writeFile(file, inFiles);
        const configuration = await readConfigurationFile(file);
        assert.deepEqual(await problemsOf(configuration, {}), []);
        assert.equal(folderOf(configuration), folder);
      }
    });

    it("may lack what an environment of Pulumi Cloud gives, and is checked for the rest", async () => {
      const text = reviewed.replace(/ {2}tenants:(?:stage|tokenUrl).*\n/g, "");
      assert.deepEqual(await check(text), ["tenants:stage", "tenants:tokenUrl"]);
      assert.deepEqual(await check(`${text}environment: []\n`), ["tenants:stage", "tenants:tokenUrl"]);
      for (const environment of ["[tenants/prod]", "{imports: [tenants/prod]}"]) {
        assert.deepEqual(await check(`${text}environment: ${environment}\n`), []);
        const wrong = `${text.replace("acme", "Acme")}environment: ${environment}\n`;
        assert.deepEqual(await check(wrong), ["tenants:customers[0].name"]);
      }
    });

    it("may get the region of its replicas from such an environment, or encrypted", async () => {
      const without = reviewed.replace(/ {2}aws:region.*\n/, "");
      const text = `${without}  tenants:secrets: { replicate: true }\n`;
      const own = without.replace("acme,", "acme, secrets: { replicate: true },");
      assert.deepEqual(await check(text), ["tenants:secrets.replicate"]);
      assert.deepEqual(await check(own), ["tenants:customers[0].secrets.replicate"]);
      for (const given of ["environment: [tenants/prod]\n", "  aws:region: { secure: v1:abc }\n"]) {
        assert.deepEqual(await check(`${text}${given}`), [], given);
        assert.deepEqual(await check(`${own}${given}`), [], given);
        const wrong = `${text.replace("replicate: true", "replicate: 1")}${given}`;
        assert.deepEqual(await check(wrong), ["tenants:secrets.replicate"], given);
      }
    });

    it("has the pattern of the customers' files that Pulumi.yaml gives to every stack", async () => {
      const config = "config:\n  tenants:customersFrom: { value: customers/*.yaml }\n";
      await writeFile(path.join(folder, "Pulumi.yaml"), `name: own\nruntime: nodejs\n${config}`);
      assert.equal(await customersFromOf(await read(reviewed)), "customers/*.yaml");
      const own = await read(`${reviewed}  tenants:customersFrom: own/*.yaml\n`);
      assert.equal(await customersFromOf(own), "own/*.yaml");
    });

    it("refuses text that YAML reads as a number in Pulumi.yaml", async () => {
      const config = "config:\n  tenants:owner: { value: 0012345 }\n";
      await writeFile(path.join(folder, "Pulumi.yaml"), `name: own\nruntime: nodejs\n${config}`);
      const [problem, ...others] = await problemsOf(await read(reviewed), {});
      assert.deepEqual([problem?.path, others], ["tenants:owner", []]);
      mentions(problem?.problem, "0012345", "Pulumi.yaml");
      assert.deepEqual(await check(`${reviewed}  tenants:owner: "0012345"\n`), []);
    });

    it("gives a key without a namespace that of the project, as the engine does", async () => {
      await writeFile(path.join(folder, "Pulumi.yaml"), "name: resistant-tenants\nruntime: nodejs\n");
      assert.deepEqual(await check(`${reviewed}  owner: team\n`), ["resistant-tenants:owner"]);
      await writeFile(path.join(folder, "Pulumi.yaml"), "name: theirs\nruntime: nodejs\n");
      assert.deepEqual(await check(`${reviewed}  owner: team\n`), []);
    });

    it("reads the engine's earlier form of a key, and refuses a key that the engine refuses", async () => {
      const old = reviewed.replaceAll("tenants:", "tenants:config:");
      assert.deepEqual(await check(old), []);
      await writeFile(path.join(folder, "Pulumi.yaml"), "name: own\nruntime: nodejs\n");
      assert.deepEqual(await check(old), []);
      assert.deepEqual(await check(`${reviewed}  tenants:config:owner: 0012345\n`), ["tenants:owner"]);
      assert.deepEqual(await check(`${reviewed}  aws:default:tags: x\n`), ["aws:default:tags"]);
      assert.deepEqual(await check(`${reviewed}  tenants:config:owner:id: x\n`), ["tenants:config:owner:id"]);
    });

    it("refuses text that YAML reads as a number, a boolean or a date", async () => {
      for (const scalar of [
        "0012345",
        "1e3",
        "+49123",
        "true",
        "2026-11-24",
        "0x1F",
        "1_000",
        "12345678901234567890",
      ]) {
        assert.deepEqual(await check(`${reviewed}  tenants:owner: ${scalar}\n`), ["tenants:owner"], scalar);
        assert.deepEqual(await check(`${reviewed}  tenants:owner: "${scalar}"\n`), [], scalar);
        assert.deepEqual(
          await check(reviewed.replace("CRM-1", scalar)),
          ["tenants:customers[0].customerId"],
          scalar,
        );
      }
      assert.deepEqual(await check(`${reviewed}  tenants:quota: 30\n`), []);
    });

    it("names a customer's place", async () => {
      const [problem] = await problemsOf(await read(reviewed.replace("[eu-1]", "[eu-2]")), {});
      assert.deepEqual(problem?.customer?.at, ["customers[0]", "Pulumi.dev.yaml line 10"]);
    });

    it("warns before the configuration is too large for the engine", async () => {
      const many = Array.from(
        { length: 2_500 },
        (_one, index) => `    - { name: c${index}, customerId: C-${index}, cells: [eu-1] }\n`,
      ).join("");
      for (const fleet of ["", "fleet: { bits: { prod: 5 } }\n"]) {
        await writeFile(path.join(folder, "Pulumi.yaml"), `name: own\nruntime: nodejs\n${fleet}`);
        const [problem] = await problemsOf(await read(reviewed + many), {});
        mentions(problem?.problem, "KiB", "tenants:customersFrom: customers/*.yaml");
      }
      // The stacks of a fleet share the customers.
      await writeFile(
        path.join(folder, "Pulumi.yaml"),
        "name: own\nruntime: nodejs\nfleet: { bits: { dev: 5 } }\n",
      );
      assert.deepEqual(await check(reviewed + many), []);
    });

    it("is too large for the engine with encrypted values, too, which it passes decrypted", async () => {
      const encrypted = (bytes: number): string =>
        `{ secure: "v1:${"A".repeat(16)}:${Buffer.alloc(bytes + 16).toString("base64")}" }`;
      const withReason = (bytes: number) => check(`${reviewed}  tenants:reason: ${encrypted(bytes)}\n`);
      assert.deepEqual(await withReason(90_000), []);
      assert.deepEqual(await withReason(110_000), [path.join(folder, "Pulumi.dev.yaml")]);
      const owner = `owner: ${encrypted(110_000)}`;
      assert.deepEqual(await check(reviewed.replace("cells: [eu-1]", `cells: [eu-1], ${owner}`)), [
        path.join(folder, "Pulumi.dev.yaml"),
      ]);
    });

    it("may contain encrypted values", async () => {
      const secret = "tenants:tokenUrl:\n    secure: v1:nonce:text";
      assert.deepEqual(await check(reviewed.replace(/tenants:tokenUrl: .*/, secret)), []);
    });

    it("takes only what the engine decrypts for encrypted", async () => {
      for (const wrong of ["{ secure: v1:abc, replicate: true }", "{ secure: 5 }"])
        assert.deepEqual(await check(`${reviewed}  tenants:secrets: ${wrong}\n`), ["tenants:secrets.secure"]);
      assert.deepEqual(await check(`${reviewed}  tenants:secrets: { secure: v1:abc }\n`), []);
    });

    it("is refused if it is not YAML, not a configuration, or expands without end", async () => {
      const noYaml = { name: "YamlError" };
      const noConfiguration = ({ message, cause }: Error): boolean =>
        /Pulumi\.dev\.yaml.* must be a map/.test(message) &&
        cause instanceof Error &&
        cause.name === "ZodError";
      await assert.rejects(read("config: [}"), noYaml);
      await assert.rejects(read("config: [1]"), noConfiguration);
      await assert.rejects(read("- 1"), noConfiguration);
      await assert.rejects(read("config:\n  a: 1\n  a: 2"), noYaml);
      const bomb = [
        "a: &a [x, x]",
        ..."bcdefghi"
          .split("")
          .map((name, index) => `${name}: &${name} [${`*${"abcdefgh"[index] ?? ""},`.repeat(9)}]`),
      ];
      await assert.rejects(read(bomb.join("\n")), noYaml);
    });
  });

  describe("merged with a proposed one", () => {
    async function merge(
      proposed: string,
      into = reviewed,
    ): Promise<{ merged: unknown; text: string; notPreviewed: string[] }> {
      const base = await read(into);
      const notPreviewed = await mergeConfiguration(base, await read(proposed));
      const text = base.document.toString();
      return { merged: parse(text), text, notPreviewed };
    }

    it("has its customers and their owner, and keeps what people wrote beside it", async () => {
      const proposed = reviewed.replace("acme", "hooli").replace("  # The", "  tenants:owner: team\n  # The");
      const { merged, text, notPreviewed } = await merge(proposed);
      assert.deepEqual(merged, parse(proposed));
      assert.match(text, /^# The head/);
      assert.deepEqual(notPreviewed, []);
    });

    it("means the same to the engine as the proposed one, for any value", async () => {
      const proposed = reviewed.replace(
        "{ name: acme, customerId: CRM-1,",
        '{ name: acme, customerId: "0012345", owner: "2026-11-24", purpose: "0b11", x: 0012345, y: true, z: ~,',
      );
      const { text } = await merge(proposed);
      assert.deepEqual((await read(text)).values, (await read(proposed)).values);
      assert.match(text, /"0012345"/);
    });

    it("copies nothing that could send the preview's credentials elsewhere", async () => {
      const { merged, notPreviewed } = await merge(`secretsprovider: awskms://alias/theirs
encryptedkey: abc
environment: [theirs]
config:
  aws:region: eu-west-1
  aws:endpoints: [{ sts: "https://theirs.example" }]
  tenants:stage: production
  tenants:tokenUrl: https://theirs.example/token
  tenants:apiUrl: https://theirs.example/v0
  tenants:customers: []
`);
      assert.deepEqual(merged, parse(reviewed.replace(/customers:\n.*\n/, "customers: []\n")));
      assert.deepEqual(notPreviewed.sort(), [
        "aws:endpoints",
        "encryptedkey",
        "environment",
        "secretsprovider",
        "tenants:apiUrl",
        "tenants:privateKeySecretArn",
        "tenants:stage",
        "tenants:tokenUrl",
      ]);
    });

    it("refuses an encrypted value at any depth, and by any anchor", async () => {
      for (const customers of [
        "{ secure: v1:a:b }",
        "[{ name: acme, owner: { secure: v1:a:b } }]",
        "[{ name: acme, applications: [{ purpose: { secure: v1:a:b } }] }]",
        "[{ name: acme, owner: *theirs }]",
      ]) {
        await assert.rejects(
          merge(`x: &theirs { secure: v1:a:b }\nconfig:\n  tenants:customers: ${customers}\n`),
          mentioning("tenants:customers", "`secure`"),
        );
      }
    });

    it("keeps the other keys of a config that is an alias itself", async () => {
      const into = "base: &base\n  tenants:stage: testing\n  tenants:owner: old\nconfig: *base\n";
      const { merged } = await merge("config:\n  tenants:owner: team\n", into);
      assert.deepEqual((merged as { config: unknown }).config, {
        "tenants:stage": "testing",
        "tenants:owner": "team",
      });
    });

    it("keeps what other keys take by an alias from the replaced ones", async () => {
      const into = `config:
  tenants:owner: &owner team
  tenants:customers:
    - { name: acme, cells: [eu-1], secrets: &all { replicate: true, <<: &days { recoveryWindowInDays: 7 } } }
  tenants:secrets: *all
  other:secrets: { <<: *days, list: [*owner, *all] }
`;
      for (const written of [into, into.replaceAll("tenants:", "tenants:config:")]) {
        const { text } = await merge("config:\n  tenants:customers: []\n", written);
        const expected = new Map((await read(written)).values).set("tenants:customers", []);
        expected.delete("tenants:owner");
        assert.deepEqual((await read(text)).values, expected);
      }
    });

    it("needs no `config` in either file: Pulumi.yaml may have it", async () => {
      for (const without of ["", "# Nothing\n", "config:\n", "config: {}\n", "environment: [theirs]\n"]) {
        assert.deepEqual((await read((await merge(without, without)).text)).values, new Map(), without);
        const { text } = await merge("config:\n  tenants:owner: team\n", without);
        assert.deepEqual((await read(text)).values, new Map([["tenants:owner", "team"]]), without);
      }
    });

    it("replaces a key in the engine's earlier form, and takes one", async () => {
      const ours = "config:\n  tenants:config:owner: ours\n  tenants:stage: testing\n";
      for (const key of ["tenants:owner", "tenants:config:owner"]) {
        const { merged, notPreviewed } = await merge(
          `config:\n  ${key}: theirs\n  tenants:stage: testing\n`,
          ours,
        );
        assert.deepEqual(merged, { config: { "tenants:stage": "testing", "tenants:owner": "theirs" } });
        assert.deepEqual(notPreviewed, []);
      }
    });

    it("has no customers if the proposed one has none: the preview then reports that", async () => {
      const { merged } = await merge("config: {}\n");
      assert.equal((merged as { config: Record<string, unknown> }).config["tenants:customers"], undefined);
    });
  });
});
