"use strict";
// Compiles TypeScript for ts-node (`transpiler` in tsconfig.json), once for all processes: tests start hundreds, which
// load the same files.
const { createHash, randomUUID } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const path = require("node:path");
const ts = require("typescript");

const { cacheFolder } = require("./cache-folder");

const root = path.join(__dirname, "..");

/** Creates the transpiler, as ts-node requires it (https://typestrong.org/ts-node/docs/transpilers). */
exports.create = ({ service }) => {
  // The path of the clone makes no difference.
  const compilerOptions = { ...service.config.options, configFilePath: undefined, outDir: undefined };
  const settings = JSON.stringify([ts.version, compilerOptions]);
  const folder = path.join(cacheFolder(), "compiled");
  return {
    transpile(text, { fileName }) {
      const source = digest(settings, text);
      // For each file of the project, in any clone, what it was compiled to last.
      const place = path.join(folder, digest(path.relative(root, fileName)));
      const known = read(place);
      if (known?.source === source) return known;
      const compiled = ts.transpileModule(text, { fileName, compilerOptions, reportDiagnostics: true });
      const { outputText, sourceMapText, diagnostics } = compiled;
      if (diagnostics?.length === 0) write(place, { source, outputText, sourceMapText });
      return compiled;
    },
  };
};

function digest(...texts) {
  return createHash("sha256").update(JSON.stringify(texts)).digest("hex");
}

function read(place) {
  try {
    return JSON.parse(readFileSync(place, "utf8"));
  } catch {
    return undefined;
  }
}

function write(place, compiled) {
  const unfinished = `${place}.${randomUUID()}`;
  try {
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(unfinished, JSON.stringify(compiled));
    renameSync(unfinished, place);
  } catch {
    // Without a folder to write to, each process compiles.
  }
}
