"use strict";
const { globSync } = require("node:fs");
const path = require("node:path");
const { parseArgs } = require("node:util");

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
  "simulator/long-run",
  "simulator/pairs",
  "service/work/in-production",
  "service/work/lifecycle",
  "service/page/end-to-end",
  "workflows/pull-request",
  "engine/fleet",
  "engine/aws-rights",
  "engine/audit",
  "workflows/rotation",
  "engine/canary/commands",
  "service/work/rotation-clock",
  "engine/canary/cli",
  "service/work/interrupted",
  "engine/plan",
  "service/start/local",
  "service/work/canary",
  "service/work/first-request",
  "engine/reconcile",
  "service/page/pages",
  "engine/refresh",
  "engine/taken-back",
  "service/start/own-database",
  "engine/released",
  "engine/gone",
  "engine/journal",
  "service/work/engine-user",
  "engine/previews",
  "engine/rotation",
  "engine/continue-on-error",
  "service/work/forgery",
  "engine/own-stack",
  "engine/adopt-application",
  "engine/lost-answers",
  "service/work/crash",
  "engine/stack-identity",
  "engine/runbooks",
  "engine/unprotected",
  "engine/custody",
  "service/page/approve-together",
  "engine/policy",
  "engine/crash",
  "engine/lost-and-changed",
  "engine/target",
  "engine/releases",
  "engine/hosts",
  "engine/canary/adopted",
  "engine/adopt",
  "integrators/integrators",
  "engine/fleet-machines",
  "fuzz/ends",
  "engine/changed-secret",
  "engine/leftover-secret",
  "engine/deletion",
  "engine/canary/switches",
  "start/laptop",
  "engine/production",
  "engine/two-ups",
  "service/page/everywhere",
  "engine/record",
  "engine/downstream",
  "engine/replacement",
  "engine/aws-identity",
  "engine/credentials",
  "engine/aws-stand-in",
  "engine/main-job",
  "service/work/engine",
  "engine/canary/own-stack",
  "service/page/accessible",
].map((name) => `test/${name}.test.ts`);

const engineTests = `test/{${engineFolders.join(",")}}/**/*.test.ts`;
const unitTests = `test/!(${engineFolders.join("|")})/**/*.test.ts`;

/** Patterns of the titles of a suite's tests. */
const usual = `^(?!.*${exhaustiveTag})`;
const exhaustive = `^(?=.*${exhaustiveTag})`;

/** Lists the files of some patterns: the heaviest first, the others in the order of their names. */
function filesOf(...patterns) {
  const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: path.dirname(__dirname) }).sort());
  const weight = (file) => (heaviest.includes(file) ? heaviest.length - heaviest.indexOf(file) : 0);
  return files.sort((one, other) => weight(other) - weight(one));
}

/** The suites. Engine tests come first where both run: they take longest. */
const suites = {
  all: { titles: usual, parallel: true, files: filesOf(engineTests, unitTests) },
  unit: { titles: usual, parallel: false, files: filesOf(unitTests) },
  engine: { titles: usual, parallel: true, files: filesOf(engineTests) },
  exhaustive: { titles: exhaustive, parallel: true, files: filesOf(engineTests, unitTests) },
};

/** Returns Mocha's arguments for a suite. With `--grep`, the suite's tests whose titles match. */
function mochaArguments({ titles, parallel, files }, options) {
  const { tokens } = parseArgs({
    args: options,
    strict: false,
    tokens: true,
    options: { grep: { type: "string", short: "g" } },
  });
  const greps = tokens.filter(({ kind, name }) => kind === "option" && name === "grep");
  const ofGrep = new Set(
    greps.flatMap(({ index, inlineValue }) => (inlineValue ? [index] : [index, index + 1])),
  );
  return [
    "--grep",
    titles + greps.map(({ value }) => `(?=.*(?:${value}))`).join(""),
    ...(parallel ? ["--parallel"] : []),
    ...files,
    ...options.filter((_option, index) => !ofGrep.has(index)),
  ];
}

module.exports = { engineFolders, exhaustiveTag, heaviest, mochaArguments, suites };
