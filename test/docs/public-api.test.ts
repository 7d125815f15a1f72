import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import path from "node:path";

import ts from "typescript";
import { z } from "zod";

const source = path.join(__dirname, "../../provider/src");
const entries = { package: path.join(source, "index.ts"), client: path.join(source, "client/index.ts") };

/** One example of a doc comment, as a program of its own. */
interface Example {
  file: string;
  text: string;
}

describe("the public API of pulumi-resistant-tenants", function () {
  let program: ts.Program;
  let checker: ts.TypeChecker;

  before(() => {
    program = ts.createProgram(Object.values(entries), compilerOptions());
    checker = program.getTypeChecker();
  });

  function exportsOf(entry: string): ts.Symbol[] {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!);
    return checker
      .getExportsOfModule(module!)
      .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol));
  }

  /** Lists the public members: of a class, what its objects have beside what their base class has. */
  function membersOf(symbol: ts.Symbol): ts.Symbol[] {
    return checker
      .getDeclaredTypeOfSymbol(symbol)
      .getProperties()
      .filter((member) => !member.name.startsWith("#") && isOwn(member));
  }

  function isOwn(member: ts.Symbol): boolean {
    const [declaration] = member.declarations ?? [];
    return (
      declaration?.getSourceFile().fileName.startsWith(source) === true &&
      (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Private) === 0
    );
  }

  const isDocumented = (symbol: ts.Symbol): boolean => symbol.getDocumentationComment(checker).length > 0;
  const examplesOf = (symbol: ts.Symbol): string[] =>
    symbol
      .getJsDocTags(checker)
      .filter(({ name }) => name === "example")
      .map(({ text }) => ts.displayPartsToString(text));
  const isCallable = ({ flags }: ts.Symbol): boolean =>
    (flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Function)) !== 0;

  it("is two entry points; what else there is says that it is not public, or stands in states and in Pulumi.yaml", () => {
    const { exports } = manifestSchema.parse(JSON.parse(readPage("provider/package.json")));
    const others = Object.keys(exports).filter((name) => !name.startsWith("./internal/"));
    assert.deepEqual(others, [".", "./client", "./dynamic", "./package.json", "./preload"]);
  });

  it("is documented: each export, and each member of its classes and records", () => {
    const all = Object.values(entries).flatMap(exportsOf);
    const described = [
      "ApplicationOfStack",
      "ApplicationRecord",
      "CustomerOfStack",
      "CustomerRecord",
      "StackOutputs",
    ];
    const members = all.filter(({ name, flags }) => flags & ts.SymbolFlags.Class || described.includes(name));
    assert.ok(members.length >= 11);
    const undocumented = [
      ...all.filter((symbol) => !isDocumented(symbol)).map(({ name }) => name),
      ...members.flatMap((symbol) =>
        membersOf(symbol)
          .filter((member) => !isDocumented(member))
          .map(({ name }) => `${symbol.name}.${name}`),
      ),
    ];
    assert.deepEqual(undocumented, []);
  });

  it("has an example for each class and function of the package, and for each output", () => {
    const all = exportsOf(entries.package);
    const without = (symbols: ts.Symbol[], owner = ""): string[] =>
      symbols.filter((symbol) => examplesOf(symbol).length === 0).map(({ name }) => owner + name);
    const outputs = all.filter(
      ({ name, flags }) => flags & ts.SymbolFlags.Class || /Record$|Stack|Outputs$/.test(name),
    );
    const members = outputs
      .filter(({ flags }) => (flags & ts.SymbolFlags.Function) === 0)
      .map((symbol) => [symbol.name, membersOf(symbol)] as const);
    // The records' types come from their schemas: each field's comment must have come along.
    assert.deepEqual(
      members.filter(([, found]) => found.length === 0).map(([name]) => name),
      ["Released"],
    );
    assert.deepEqual(
      [...without(all.filter(isCallable)), ...members.flatMap(([name, found]) => without(found, `${name}.`))],
      [],
    );
    assert.deepEqual(
      without(exportsOf(entries.client).filter(({ flags }) => flags & ts.SymbolFlags.Class)),
      [],
    );
  });

  it("has examples that compile", () => {
    const examples = Object.values(entries).flatMap((entry) => {
      const all = exportsOf(entry);
      const header = [
        `import * as pulumi from "@pulumi/pulumi";`,
        `import { ${all.map(({ name }) => name).join(", ")} } from "${entry.replace(/\.ts$/, ".js")}";`,
      ].join("\n");
      return all.flatMap((symbol) =>
        examplesOf(symbol)
          .flatMap((text) => [...text.matchAll(/```ts\n([^]*?)```/g)].map(([, code = ""]) => code))
          .map((code, index) => ({
            // An ES module: examples await.
            file: path.join(
              source,
              `example-${path.basename(path.dirname(entry))}-${symbol.name}-${index}.mts`,
            ),
            text: `${header}\n${code}`,
          })),
      );
    });
    assert.ok(examples.length >= 8);
    assert.deepEqual(problemsOf([...examples, ...pages.flatMap(examplesIn)], program), []);
  });
});

/** The pages whose programs must compile as they stand, against the package as it is built. */
const pages = ["provider/README.md", "docs/downstream.md"];

const manifestSchema = z.object({ exports: z.record(z.string(), z.string()) });

function readPage(page: string): string {
  return readFileSync(path.join(__dirname, "../..", page), "utf8");
}

function examplesIn(page: string): Example[] {
  const blocks = [...readPage(page).matchAll(/```ts\n([^]*?)```/g)].map(([, code = ""]) => code);
  assert.ok(blocks.length > 0, page);
  return blocks.map((code, index) => ({
    file: path.join(source, `${path.basename(page, ".md")}-${index}.mts`),
    text: code,
  }));
}

function compilerOptions(): ts.CompilerOptions {
  const file = path.join(__dirname, "../../tsconfig.base.json");
  const { config } = ts.readConfigFile(file, (name) => ts.sys.readFile(name)) as { config: unknown };
  return { ...ts.parseJsonConfigFileContent(config, ts.sys, path.dirname(file)).options, noEmit: true };
}

/** Compiles programs that are on no disk; what was compiled before is not read again. */
function problemsOf(examples: readonly Example[], former: ts.Program): string[] {
  const options = compilerOptions();
  const host = ts.createCompilerHost(options);
  const given = new Map(examples.map(({ file, text }) => [file, text]));
  const readFile = host.readFile.bind(host);
  const fileExists = host.fileExists.bind(host);
  const getSourceFile = host.getSourceFile.bind(host);
  host.readFile = (file) => given.get(file) ?? readFile(file);
  host.fileExists = (file) => given.has(file) || fileExists(file);
  host.getSourceFile = (file, version, ...rest) => {
    const text = given.get(file);
    return text === undefined
      ? getSourceFile(file, version, ...rest)
      : ts.createSourceFile(file, text, version);
  };
  const program = ts.createProgram([...given.keys()], options, host, former);
  return [...given.keys()].flatMap((file) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(file))
      .map(
        ({ messageText }) => `${path.basename(file)}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
      ),
  );
}
