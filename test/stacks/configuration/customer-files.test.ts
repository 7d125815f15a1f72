import { strict as assert } from "node:assert";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { describeProblems } from "../../../provider/src/settings/settings";
import { readConfiguration } from "../../../stacks/src/configuration/configuration";
import {
  matchesPattern,
  patternProblem,
  readCustomerFiles,
} from "../../../stacks/src/configuration/customer-files";
import { mentions } from "../../support/mentions";

const stage = { stage: "testing", tokenUrl: "https://eu.id.resistant.ai/oauth2/server/v1/token" };

describe("customers from files", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "customer-files-"));
    await mkdir(path.join(folder, "customers", "emea"), { recursive: true });
  });
  afterEach(() => rm(folder, { recursive: true }));

  const write = (file: string, text: string): Promise<void> => writeFile(path.join(folder, file), text);
  const read = (values: Record<string, string> = {}): ReturnType<typeof readConfiguration> =>
    readConfiguration(new Map(Object.entries({ ...stage, customersFrom: "customers/*.yaml", ...values })), {
      readFiles: (pattern) => readCustomerFiles(pattern, folder),
    });
  const names = (result: ReturnType<typeof readConfiguration>): string[] => {
    assert.ok("configuration" in result, JSON.stringify(result));
    return result.configuration.customers.map(({ name }) => name);
  };
  const problems = (result: ReturnType<typeof readConfiguration>): string => {
    assert.ok("problems" in result, "it should have been refused");
    return describeProblems(result.problems);
  };
  const acme = "name: acme\ncustomerId: CRM-1\ncells: [eu-1]\n";
  const globex = "name: globex\ncustomerId: CRM-2\ncells: [eu-1]\n";

  it("are one customer a file, or a list of them, in the order of the files' names", async () => {
    await write("customers/b.yaml", acme);
    await write(
      "customers/a.yaml",
      `- {name: hooli, customerId: H, cells: [eu-1]}\n- ${globex.replaceAll("\n", "\n  ")}\n`,
    );
    await write("customers/notes.txt", "nothing");
    await write("customers/emea/c.yaml", "name: of-another-pattern\n");
    assert.deepEqual(names(read()), ["hooli", "globex", "acme"]);
  });

  it("are added to those of the stack's own file", async () => {
    await write("customers/b.yaml", acme);
    const own = JSON.stringify([{ name: "initech", customerId: "I", cells: ["eu-1"] }]);
    assert.deepEqual(names(read({ customers: own })), ["initech", "acme"]);
  });

  it("may be of a customer whose name begins as the engine's files do", async () => {
    await write("customers/pulumicorp.yaml", globex.replace("globex", "pulumicorp"));
    await write("customers/b.yaml", acme);
    assert.deepEqual(names(read()), ["acme", "pulumicorp"]);
    for (const file of ["Pulumi.yaml", "pulumi.prod.yaml", "PulumiPolicy.yaml", "PulumiPlugin.yaml"]) {
      await write(`customers/${file}`, globex);
      mentions(problems(read()), `customers/${file}`);
      await rm(path.join(folder, "customers", file));
    }
  });

  it("may be in folders", async () => {
    await write("customers/acme.yaml", acme);
    await write("customers/emea/globex.yml", globex);
    assert.deepEqual(names(read({ customersFrom: "customers/**/*.yml" })), ["globex"]);
    assert.deepEqual(names(read({ customersFrom: "customers/e?ea/*.yml" })), ["globex"]);
    assert.deepEqual(names(read({ customersFrom: "./customers/acme.yaml" })), ["acme"]);
  });

  it("are checked by the same schema, with file and line", async () => {
    await write(
      "customers/a.yaml",
      `- ${acme.replaceAll("\n", "\n  ")}\n\n- name: globex\n  customerId: 0012345\n  cells: [us-1]\n`,
    );
    mentions(
      problems(read()),
      'customer "globex" (customers/a.yaml line 6): customerId: 5349',
      'customer "globex" (customers/a.yaml line 6): cells[0]: "us-1"',
    );
  });

  it("are refused if a name is in two files: both are named", async () => {
    await write("customers/a.yaml", acme);
    await write("customers/b.yaml", acme.replace("CRM-1", "CRM-9"));
    mentions(problems(read()), "customers/b.yaml", "customers/a.yaml[0].name");
    const own = JSON.stringify([{ name: "acme", customerId: "I", cells: ["eu-1"] }]);
    mentions(problems(read({ customers: own })), "customers/a.yaml", "tenants:customers[0]");
  });

  it("are refused if the pattern leads out of the project, or matches nothing", () => {
    for (const customersFrom of [
      "../other/*.yaml",
      "customers/../../*.yaml",
      "/etc/*.yaml",
      "C:\\customers\\*.yaml",
      "customers/*",
    ]) {
      const problem = patternProblem(customersFrom);
      assert.ok(problem !== undefined, customersFrom);
      mentions(problems(read({ customersFrom })), "tenants:customersFrom", problem);
    }
    for (const customersFrom of ["customers/*.yaml", "missing/*.yaml"]) {
      assert.equal(patternProblem(customersFrom), undefined);
      mentions(problems(read({ customersFrom })), `"${customersFrom}"`, folder);
    }
    mentions(problems(read({ customersFrom: " " })), "tenants:customersFrom");
  });

  it("are refused if a file is a link out of the project, too large, not YAML or without a customer", async () => {
    const outside = path.join(os.tmpdir(), `${path.basename(folder)}-outside.yaml`);
    await writeFile(outside, acme);
    await symlink(outside, path.join(folder, "customers/a-link.yaml"));
    await write("customers/b-large.yaml", `# ${"x".repeat(1_000_000)}\n${acme}`);
    await write("customers/c-broken.yaml", "name: [");
    await write("customers/d-empty.yaml", "");
    await write("customers/e-none.yaml", "[]");
    await write("customers/f-text.yaml", "acme");
    try {
      const lines = problems(read()).split("\n").slice(1);
      const expected = [
        ["customers/a-link.yaml"],
        ["customers/b-large.yaml", "1000000"],
        ["customers/c-broken.yaml", "line 1"],
        ["customers/d-empty.yaml"],
        ["customers/e-none.yaml"],
        ["customers/f-text.yaml line 1"],
      ] as const;
      assert.equal(lines.length, expected.length);
      expected.forEach((names, index) => {
        mentions(lines[index], ...names);
      });
    } finally {
      await rm(outside);
    }
  });

  it("are refused if a link leads nowhere, or a folder is a file", async () => {
    await symlink("nothing.yaml", path.join(folder, "customers/a.yaml"));
    await write("customers/b.yaml", acme.replace("acme", "Acme"));
    const text = problems(read());
    assert.match(text, /2 problems/);
    mentions(text, "customers/a.yaml");
    mentions(problems(read({ customersFrom: "customers/b.yaml/*.yaml" })), "customers/b.yaml/*.yaml");
  });

  it("are refused on one line with their customer, for any characters in the file's name", async () => {
    await write("customers/a[1].yaml", acme.replace("eu-1", "us-1"));
    await write("customers/b\u001b[2J\nc.yaml", globex.replace("eu-1", "us-1"));
    const lines = problems(read()).split("\n").slice(1);
    assert.equal(lines.length, 2);
    mentions(lines[0] ?? "", 'customer "acme"', "customers/a[1].yaml line 1", "cells[0]", '"us-1"');
    mentions(lines[1] ?? "", 'customer "globex"', "customers/b\\u001b[2J\\u000ac.yaml line 1", "cells[0]");
  });

  it("are refused if a file is not UTF-8, or has a second document", async () => {
    await writeFile(path.join(folder, "customers/a.yaml"), Buffer.from(`${acme}# M\u00fcller\n`, "latin1"));
    await writeFile(path.join(folder, "customers/b.yaml"), Buffer.from(`\ufeff${acme}`, "utf16le"));
    await write("customers/c.yaml", `${acme}---\n${globex}`);
    const lines = problems(read()).split("\n").slice(1);
    assert.equal(lines.length, 3);
    mentions(lines[0], "customers/a.yaml", "line 4", "UTF-8");
    mentions(lines[1], "customers/b.yaml", "line 1", "UTF-8");
    mentions(lines[2], "customers/c.yaml", "line 4", "---");
  });

  it("are refused without the text of a line, which may contain a credential", async () => {
    const lines = [
      "[s3cr3t-value\nname: x",
      ...["*", "!", "&", "|", ">", "%", "@", "`", '"x" ', "{?", "[?"].map((begin) => `${begin}s3cr3t-value`),
      "{s3cr3t-value? }",
      "{s3cr3t\nvalue}",
    ];
    for (const line of lines) {
      await write("customers/a.yaml", `${acme}owner: ${line}\n`);
      const printed = problems(read());
      assert.match(printed, /customers\/a\.yaml/, line);
      assert.doesNotMatch(printed, /s3cr3t/);
    }
  });

  it("are refused if a folder is a link out of the project", async () => {
    const outside = await mkdtemp(path.join(os.tmpdir(), "outside-"));
    try {
      await writeFile(path.join(outside, "x.yaml"), acme);
      await symlink(outside, path.join(folder, "linked"));
      mentions(problems(read({ customersFrom: "linked/*.yaml" })), "linked/x.yaml");
    } finally {
      await rm(outside, { recursive: true });
    }
  });

  it("match a whole pattern, and a star stays within a name", () => {
    assert.equal(matchesPattern("customers/acme.yaml", "customers/*.yaml"), true);
    assert.equal(matchesPattern("customers/emea/acme.yaml", "customers/*.yaml"), false);
    assert.equal(matchesPattern("customers/acme.yaml.js", "customers/*.yaml"), false);
    assert.equal(matchesPattern("customers/acmexyaml", "customers/*.yaml"), false);
    assert.equal(matchesPattern("customers/a/b/acme.yaml", "customers/**/*.yaml"), true);
  });
});
