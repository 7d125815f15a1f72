import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { runProcess } from "../../sandbox/process";
import { exhaustiveTag } from "../suites";

const root = path.resolve(__dirname, "../..");
const packages = { provider: "src", stacks: "src", operations: "src", policy: "src", cli: "" };

const compilerOptions = {
  target: "es2022",
  lib: ["es2023"],
  module: "nodenext",
  types: [],
  declaration: true,
  noEmitOnError: true,
  skipLibCheck: true,
};

describe("the build", function () {
  this.timeout(120_000);
  let project: string;
  const file = (...parts: string[]): string => path.join(project, ...parts);

  /** Makes a project with the same packages, each with one module. */
  beforeEach(async () => {
    project = await mkdtemp(path.join(os.tmpdir(), "tenants-build-"));
    await writeFile(file("tsconfig.base.json"), JSON.stringify({ compilerOptions }));
    for (const [name, folder] of Object.entries(packages)) {
      await mkdir(file(name, folder), { recursive: true });
      await writeFile(file(name, "package.json"), JSON.stringify({ name, type: "commonjs" }));
      await writeFile(
        file(name, "tsconfig.json"),
        JSON.stringify({
          extends: "../tsconfig.base.json",
          compilerOptions: { composite: true, rootDir: folder || ".", outDir: "dist" },
          include: [folder || "**/*.ts"],
          exclude: ["dist"],
        }),
      );
      await writeFile(file(name, folder, "value.ts"), 'export const value = "first";\n');
    }
    await cp(path.join(root, "build.js"), file("build.js"));
    await symlink(path.join(root, "node_modules"), file("node_modules"), "dir");
  });
  afterEach(async () => {
    await rm(project, { recursive: true });
  });

  /** Runs it, and tells whether it compiled. */
  function build(...parts: "service"[]): { exitCode: number | null; compiled: boolean; printed: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [file("build.js"), ...parts], {
      encoding: "utf8",
    });
    assert.equal(stdout, "", "the standard output belongs to the engine");
    return { exitCode: status, compiled: stderr.includes("Compiling"), printed: stderr };
  }

  function assertCompiles(expected: boolean): void {
    const { exitCode, compiled, printed } = build();
    assert.deepEqual({ exitCode, compiled }, { exitCode: 0, compiled: expected }, printed);
  }

  async function assertBuiltValue(name: keyof typeof packages, value: string): Promise<void> {
    assert.match(await readFile(file(name, "dist/value.js"), "utf8"), new RegExp(`"${value}"`));
  }

  it("compares contents, not the times of sources or compiled files", async () => {
    assertCompiles(true);
    assertCompiles(false);
    const yesterday = new Date(Date.now() - 86_400_000);
    for (const [name, folder] of Object.entries(packages)) {
      const source = file(name, folder, "value.ts");
      await writeFile(source, `export const value = "second of ${name}";\n`);
      await utimes(source, yesterday, yesterday);
    }
    assertCompiles(true);
    for (const name of Object.keys(packages) as (keyof typeof packages)[]) {
      await assertBuiltValue(name, `second of ${name}`);
    }
    const now = new Date();
    await utimes(file("provider/src/value.ts"), now, now);
    assertCompiles(false);
  });

  it(`compiles again what was deleted or changed among the compiled files ${exhaustiveTag}`, async () => {
    assertCompiles(true);
    await rm(file("provider/dist/value.js"));
    assertCompiles(true);
    await writeFile(file("cli/dist/value.js"), 'exports.value = "an old one";\n');
    assertCompiles(true);
    await assertBuiltValue("cli", "first");
    assertCompiles(false);
  });

  it(`deletes what was compiled from a source that is no longer there ${exhaustiveTag}`, async () => {
    await writeFile(file("stacks/src/other.ts"), "export const other = 1;\n");
    assertCompiles(true);
    await rm(file("stacks/src/other.ts"));
    assertCompiles(true);
    await assert.rejects(readFile(file("stacks/dist/other.js")), { code: "ENOENT" });
  });

  it(`compiles again for other settings of the compiler ${exhaustiveTag}`, async () => {
    assertCompiles(true);
    await writeFile(
      file("tsconfig.base.json"),
      JSON.stringify({ compilerOptions: { ...compilerOptions, target: "es2023" } }),
    );
    assertCompiles(true);
  });

  it(`compiles the service from the program, by contents as well ${exhaustiveTag}`, async () => {
    await mkdir(file("service", "src"), { recursive: true });
    await writeFile(file("service", "package.json"), JSON.stringify({ name: "service", type: "commonjs" }));
    await writeFile(
      file("service", "tsconfig.json"),
      JSON.stringify({
        extends: "../tsconfig.base.json",
        compilerOptions: {
          composite: true,
          rootDir: "src",
          outDir: "dist",
          tsBuildInfoFile: "dist/tsconfig.tsbuildinfo",
        },
        include: ["src"],
        references: [{ path: "../provider" }],
      }),
    );
    const compile = (): string => {
      const { exitCode, printed } = build("service");
      assert.equal(exitCode, 0, printed);
      return [...printed.matchAll(/Compiling (\w+)\//g)].map(([, name]) => name).join();
    };
    const yesterday = new Date(Date.now() - 86_400_000);
    const [page, program] = [file("service/src/page.tsx"), file("provider/src/value.ts")];
    await writeFile(page, 'export const page = "first";\n');
    await writeFile(file("service/src/other.ts"), "export const other = 1;\n");
    assert.equal(compile(), "provider,service");
    assert.equal(compile(), "");
    await writeFile(page, 'export const page = "second";\n');
    await utimes(page, yesterday, yesterday);
    await rm(file("service/src/other.ts"));
    assert.equal(compile(), "service");
    assert.match(await readFile(file("service/dist/page.js"), "utf8"), /"second"/);
    await assert.rejects(readFile(file("service/dist/other.js")), { code: "ENOENT" });
    await writeFile(file("service/dist/page.js"), "an old one");
    assert.equal(compile(), "service");
    assert.match(await readFile(file("service/dist/page.js"), "utf8"), /"second"/);
    await writeFile(program, 'export const value = "another";\n');
    assert.equal(compile(), "provider,service");
    assertCompiles(false);
  });

  it("fails while a source does not compile, and runs nothing old", async () => {
    assertCompiles(true);
    const source = file("stacks/src/value.ts");
    await writeFile(source, "export const value: number = 'text';\n");
    for (const attempt of ["first", "second"]) {
      const { exitCode, printed } = build();
      assert.notEqual(exitCode, 0, attempt);
      assert.match(printed, /value\.ts.*error TS2322/);
    }
    await writeFile(source, 'export const value = "corrected";\n');
    assertCompiles(true);
    await assertBuiltValue("stacks", "corrected");
  });

  it("compiles once if several start at the same time, also after one that was killed", async () => {
    const { pid: dead } = spawnSync(process.execPath, ["--eval", ""]);
    await mkdir(file("dist"));
    await writeFile(file("dist/building"), String(dead));
    const results = await Promise.all(
      Array.from({ length: 3 }, () => runProcess(process.execPath, [file("build.js")])),
    );
    assert.deepEqual(
      results.map(({ exitCode }) => exitCode),
      [0, 0, 0],
    );
    assert.equal(results.filter(({ stderr }) => stderr.includes("Compiling")).length, 1);
    assertCompiles(false);
  });
});
