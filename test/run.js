"use strict";
// Runs one of the suites of suites.js by Mocha: `node test/run.js <suite> [Mocha's own options]`. The suite `all` has the
// repository's other checks run beside it: types, linter and formatter.
const { Buffer } = require("node:buffer");
const { spawn } = require("node:child_process");
const path = require("node:path");

const { mochaArguments, suites } = require("./suites.js");

const prepare = path.join("test", "prepare.ts");

/** The checks beside the tests, each a program of the project with its arguments. */
const checks = {
  "types and linter": ["test/types-and-lint.js"],
  formatter: ["node_modules/prettier/bin/prettier.cjs", "--check", "."],
};

/** Runs a program, given by its path in the project, and shows what it prints: at once, or at its end where it failed. */
function run([program, ...args], stdio, { env = {}, nodeOptions = [] } = {}) {
  const script = path.join(__dirname, "..", program);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...nodeOptions, script, ...args], {
      stdio,
      env: { ...process.env, ...env },
    });
    const printed = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => printed.push(data));
    child.once("error", reject);
    child.once("close", (status) => {
      if (status !== 0) process.stderr.write(Buffer.concat(printed));
      resolve(status ?? 1);
    });
  });
}

/** Runs the checks, one after the other, and names those that failed. */
async function runChecks() {
  const failed = [];
  for (const [name, check] of Object.entries(checks)) {
    // The garbage collector takes a tenth less of the processor's time with a large young heap.
    const nodeOptions = ["--min-semi-space-size=64", "--max-semi-space-size=64"];
    const status = await run(check, ["ignore", "pipe", "pipe"], { nodeOptions });
    console.log(`${name}: ${status === 0 ? "no problem" : "failed"}`);
    if (status !== 0) failed.push(name);
  }
  return failed;
}

/** Runs Mocha; for suites with engine tests, after what they share was prepared. */
async function runTests(name, options) {
  const prepared =
    name === "unit" ? 0 : await run([prepare], "inherit", { nodeOptions: ["--require", "ts-node/register"] });
  if (prepared !== 0) return prepared;
  // The pictures of pages are for people: they take half as long as the pages.
  return run(["node_modules/mocha/bin/mocha.js", ...options], "inherit", {
    env: { TEST_WITHOUT_PICTURES: "1" },
  });
}

async function main() {
  const [name, ...options] = process.argv.slice(2);
  const suite = suites[name];
  if (suite === undefined)
    throw new Error(`There is no suite ${name}, only ${Object.keys(suites).join(", ")}.`);
  const [status, failed] = await Promise.all([
    runTests(name, mochaArguments(suite, options)),
    name === "all" ? runChecks() : [],
  ]);
  if (failed.length > 0) console.error(`Besides the tests: ${failed.join(", ")} failed, see above.`);
  process.exitCode = status || (failed.length > 0 ? 1 : 0);
}

void main();
