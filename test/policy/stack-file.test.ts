import { strict as assert } from "node:assert";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { findProjectFolder, findSecretsProvider } from "../../policy/src/stack-file";

describe("the secrets provider of a stack, according to its file", function () {
  let folder: string;
  let file: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "stack-file-"));
    file = path.join(folder, "Pulumi.prod.yaml");
    await mkdir(path.join(folder, "policy"));
    await writeFile(path.join(folder, "Pulumi.yaml"), "name: own\nruntime: nodejs\n");
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  const find = (env: Record<string, string>, project = "own"): string | undefined =>
    findSecretsProvider(project, "prod", env);

  it("is the value of secretsprovider", async () => {
    await writeFile(
      file,
      "secretsprovider: awskms://alias/a?region=eu-west-1\nencryptedkey: x\nconfig: {}\n",
    );
    assert.equal(find({ PULUMI_OPTION_CONFIG_FILE: file }), "awskms://alias/a?region=eu-west-1");
  });

  it("is found however many customers share settings by aliases", async () => {
    const customers = Array.from({ length: 300 }, (_, index) => `    - {<<: *base, name: c${index}}`);
    const config = ["config:", "  a:base: &base {cells: [eu-1]}", "  tenants:customers:", ...customers];
    await writeFile(file, ["secretsprovider: awskms://alias/a", ...config, ""].join("\n"));
    assert.equal(find({ PULUMI_OPTION_CONFIG_FILE: file }), "awskms://alias/a");
  });

  it("is a passphrase if there is only a salt, and the backend's service if there is neither", async () => {
    await writeFile(file, "encryptionsalt: v1:abc\n");
    assert.equal(find({ PULUMI_OPTION_CONFIG_FILE: file }), "passphrase");
    await writeFile(file, "");
    assert.equal(find({ PULUMI_OPTION_CONFIG_FILE: file }), "service");
  });

  it("is searched beside the project's own Pulumi.yaml, upwards from where the command was typed", async () => {
    await writeFile(file, "encryptionsalt: v1:abc\n");
    assert.equal(find({ PWD: path.join(folder, "policy") }), "passphrase");
    assert.equal(find({ PWD: folder }, "another"), undefined);
  });

  it("is also found beside the stack's file if the command was typed elsewhere", () => {
    assert.equal(findProjectFolder("own", { PULUMI_OPTION_CONFIG_FILE: file }), folder);
    assert.equal(findProjectFolder("another", { PULUMI_OPTION_CONFIG_FILE: file }), undefined);
  });

  it("is found in a project whose files end in .yml, too", async () => {
    const other = await mkdtemp(path.join(tmpdir(), "stack-file-"));
    await writeFile(path.join(other, "Pulumi.yml"), "name: other\nruntime: nodejs\n");
    await writeFile(path.join(other, "Pulumi.prod.yml"), "encryptionsalt: v1:abc\n");
    assert.equal(find({ PWD: other }, "other"), "passphrase");
    await rm(other, { recursive: true });
  });

  it("is found where the project says that the stacks' files are", async () => {
    const other = await mkdtemp(path.join(tmpdir(), "stack-file-"));
    await writeFile(
      path.join(other, "Pulumi.yaml"),
      "name: other\nruntime: nodejs\nstackConfigDir: config\n",
    );
    await mkdir(path.join(other, "config"));
    await writeFile(path.join(other, "config", "Pulumi.prod.yaml"), "encryptionsalt: v1:abc\n");
    assert.equal(find({ PWD: other }, "other"), "passphrase");
    await rm(other, { recursive: true });
  });

  it("is not known where the named file is missing, or is no mapping", async () => {
    assert.equal(find({ PULUMI_OPTION_CONFIG_FILE: path.join(folder, "none.yaml") }), undefined);
    await writeFile(file, "- a\n");
    assert.equal(find({ PULUMI_OPTION_CONFIG_FILE: file }), undefined);
  });
});
