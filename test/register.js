"use strict";
// What the engine and the command line run is compiled first: engines that tests start do not look again.
require("../build.js").ensureBuilt();

// Loads TypeScript as `ts-node/register` does, and compiles each file once per process: a test that loads the provider
// anew, as a new process of the engine would, need not compile it anew.
const service = require("ts-node").register();
const compile = service.compile.bind(service);
const compiled = new Map();

service.compile = (code, file, lineOffset) => {
  const known = compiled.get(file);
  if (known?.code === code) return known.output;
  const output = compile(code, file, lineOffset);
  compiled.set(file, { code, output });
  return output;
};
