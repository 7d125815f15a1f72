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
  "service/work/lifecycle",
  "engine/canary/commands",
  "engine/fleet",
  "service/work/rotation-clock",
  "workflows/pull-request",
  "engine/own-stack",
  "service/work/forgery",
  "service/work/interrupted",
  "engine/rotation",
  "workflows/rotation",
  "service/page/end-to-end",
  "service/work/canary",
  "service/work/in-production",
  "service/work/crash",
  "service/work/first-request",
  "service/work/engine-user",
  "engine/canary/cli",
  "service/start/local",
  "engine/taken-back",
  "engine/refresh",
  "engine/replacement",
  "service/start/own-database",
  "engine/stack-identity",
  "engine/plan",
  "engine/audit",
  "engine/reconcile",
  "engine/adopt-application",
  "engine/record",
  "engine/gone",
  "service/page/everywhere",
  "service/page/accessible",
  "service/page/pages",
  "service/page/approve-together",
  "engine/previews",
  "engine/unprotected",
  "engine/adopt",
  "engine/canary/switches",
  "engine/policy",
  "engine/fleet-machines",
  "engine/hosts",
  "engine/target",
  "engine/custody",
  "engine/runbooks",
  "engine/changed-secret",
  "engine/leftover-secret",
  "engine/two-ups",
  "service/work/engine",
  "engine/canary/own-stack",
  "engine/released",
  "engine/releases",
  "engine/lost-answers",
  "engine/crash",
  "engine/lost-and-changed",
  "engine/continue-on-error",
  "engine/aws-stand-in",
  "start/laptop",
  "fuzz/ends",
  "integrators/integrators",
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
