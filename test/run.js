"use strict";
// Runs one of the suites of suites.js by Mocha: `node test/run.js <suite> [Mocha's own options]`.
const { spawnSync } = require("node:child_process");

const { suites } = require("./suites.js");

const [name, ...options] = process.argv.slice(2);
const suite = suites[name];
if (suite === undefined)
  throw new Error(`There is no suite ${name}, only ${Object.keys(suites).join(", ")}.`);
const { status } = spawnSync(
  process.execPath,
  [require.resolve("mocha/bin/mocha.js"), ...suite, ...options],
  {
    stdio: "inherit",
  },
);
process.exitCode = status ?? 1;
