"use strict";
// Checks types and runs the linter, as `tsc` and `eslint .` do, with one program of TypeScript's for both: most of the
// linter's time is spent on types, which the other check has found already. Exits with 1 if there is a problem.
const path = require("node:path");
const { ESLint } = require("eslint");
const ts = require("typescript");
const { parser } = require("typescript-eslint");

const root = path.join(__dirname, "..");

/** Reads the program of all packages and tests. */
function readProgram() {
  const file = path.join(root, "tsconfig.lint.json");
  const { fileNames, options, errors } = ts.getParsedCommandLineOfConfigFile(file, undefined, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic(diagnostic) {
      throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n"));
    },
  });
  return ts.createProgram({ rootNames: fileNames, options, configFileParsingDiagnostics: errors });
}

/** Returns the linter with a parser that takes types from a program. ESLint would copy a program in its configuration. */
function linterWith(program) {
  const parserOfProgram = {
    ...parser,
    parseForESLint: (code, options) =>
      parser.parseForESLint(code, { ...options, project: undefined, programs: [program] }),
  };
  return new ESLint({
    cwd: root,
    overrideConfig: {
      files: ["**/*.{ts,tsx}"],
      // They are projects of their own.
      ignores: ["examples/**"],
      languageOptions: { parser: parserOfProgram },
    },
  });
}

async function main() {
  const program = readProgram();
  const problems = ts.getPreEmitDiagnostics(program);
  const eslint = linterWith(program);
  const results = await eslint.lintFiles(["."]);
  const report = [
    ts.formatDiagnostics(problems, {
      getCanonicalFileName: (name) => name,
      getCurrentDirectory: () => root,
      getNewLine: () => "\n",
    }),
    await (await eslint.loadFormatter("stylish")).format(results),
  ].join("");
  console.log(report);
  if (report !== "") process.exitCode = 1;
}

void main();
