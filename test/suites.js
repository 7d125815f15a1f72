"use strict";
const { globSync } = require("node:fs");
const path = require("node:path");

/**
 * The folders of `test/` whose tests start other programs: the engine, npm, git, the project's command line. They run in
 * several processes at once, a file at a time each. All other folders hold unit tests: they start nothing but Node.js,
 * and `hooks.ts` fails one that does.
 */
const engineFolders = ["engine", "fuzz", "integrators", "service", "start", "workflows"];

/** A test with this tag in its title takes minutes: it runs in `npm run test:exhaustive` alone. */
const exhaustiveTag = "@exhaustive";

/** The files that take longest, the longest first. They begin first: one that begins last leaves a core idle. */
const heaviest = [
  "engine/canary/commands",
  "engine/rotation",
  "engine/stack-identity",
  "workflows/pull-request",
  "workflows/rotation",
  "engine/lost-answers",
  "engine/plan",
  "engine/reconcile",
  "engine/releases",
  "engine/aws-stand-in",
  "start/by-hand",
  "start/laptop",
  "start/proof",
  "fuzz/fuzz",
  "engine/npm-pack",
  "engine/unprotected",
  "engine/audit",
  "engine/adopt-application",
  "engine/canary/switches",
  "engine/released",
].map((name) => `test/${name}.test.ts`);

const engineTests = `test/{${engineFolders.join(",")}}/**/*.test.ts`;
const unitTests = `test/!(${engineFolders.join("|")})/**/*.test.ts`;
const usual = ["--grep", exhaustiveTag, "--invert"];

/** Lists the files of some patterns: the heaviest first, the others in the order of their names. */
function filesOf(...patterns) {
  const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: path.dirname(__dirname) }).sort());
  const weight = (file) => (heaviest.includes(file) ? heaviest.length - heaviest.indexOf(file) : 0);
  return files.sort((one, other) => weight(other) - weight(one));
}

/** Mocha's arguments for each suite. Engine tests come first where both run: they take longest. */
const suites = {
  all: [...usual, "--parallel", ...filesOf(engineTests, unitTests)],
  unit: [...usual, ...filesOf(unitTests)],
  engine: [...usual, "--parallel", ...filesOf(engineTests)],
  exhaustive: ["--grep", exhaustiveTag, "--parallel", ...filesOf(engineTests, unitTests)],
};

module.exports = { engineFolders, exhaustiveTag, heaviest, suites };
