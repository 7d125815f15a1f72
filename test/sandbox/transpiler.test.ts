import { strict as assert } from "node:assert";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import ts from "typescript";

import { create } from "../../sandbox/transpiler";
import { useVariables } from "../support/environment";

describe("the transpiler of ts-node", () => {
  let cache: string;
  const fileName = path.resolve("test/any.ts");
  const options = { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022, sourceMap: true };

  before(async () => {
    cache = await mkdtemp(path.join(os.tmpdir(), "compiled-"));
  });
  after(() => rm(cache, { recursive: true }));
  useVariables(() => ({ RESISTANT_TENANTS_CACHE: cache }));

  const compile = (text: string, of: object = options): string =>
    create({ service: { config: { options: of } } }).transpile(text, { fileName }).outputText;
  const kept = async (): Promise<string[]> =>
    (await readdir(path.join(cache, "compiled"))).map((name) => path.join(cache, "compiled", name));

  it("compiles a module for require, and leaves import() as it is", () => {
    const compiled = compile(`import os from "node:os";\nexport const load = () => import(os.EOL);\n`);
    assert.match(compiled, /require\("node:os"\)/);
    assert.match(compiled, /=> import\(/);
  });

  it("takes what another process has compiled, whatever the path of its clone", async () => {
    compile("export const one: number = 1;");
    const [place = ""] = await kept();
    const { source } = JSON.parse(await readFile(place, "utf8")) as { source: string };
    await writeFile(place, JSON.stringify({ source, outputText: "of another process" }));
    assert.equal(compile("export const one: number = 1;"), "of another process");
    const elsewhere = { ...options, configFilePath: "/clone/tsconfig.json", outDir: "/clone/.ts-node" };
    assert.equal(compile("export const one: number = 1;", elsewhere), "of another process");
  });

  it("compiles anew what has another text, other settings, or was written by halves", async () => {
    compile("export const one: number = 1;");
    assert.match(compile("export const one: number = 2;"), /one = 2/);
    assert.match(compile("export const one: number = 2;", { module: ts.ModuleKind.ESNext }), /export var/);
    const [place = "", ...others] = await kept();
    assert.deepEqual(others, []);
    await writeFile(place, "{");
    assert.match(compile("export const one: number = 2;"), /exports\.one = 2/);
  });

  it("reports what is no TypeScript, each time", () => {
    for (let times = 0; times < 2; times += 1) {
      const { diagnostics = [] } = create({ service: { config: { options } } }).transpile("const = 1;", {
        fileName,
      });
      assert.notDeepEqual(diagnostics, []);
    }
  });

  it("compiles without a folder to write to", async () => {
    await rm(path.join(cache, "compiled"), { recursive: true, force: true });
    await writeFile(path.join(cache, "compiled"), "");
    assert.match(compile("export const one: number = 1;"), /exports\.one = 1/);
  });
});
