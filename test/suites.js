"use strict";
const { globSync } = require("node:fs");
const path = require("node:path");
const { parseArgs } = require("node:util");

/**
 * The folders of `test/` whose tests start other programs: the engine, npm, git, the project's command line. All other
 * folders hold unit tests: they start nothing but Node.js, and `hooks.ts` fails one that does.
 */
const engineFolders = ["engine", "fuzz", "integrators", "service", "start", "workflows"];

/** A test with this tag in its title takes minutes: it runs in `npm run test:exhaustive` alone. */
const exhaustiveTag = "@exhaustive";

/** The files that take longest, the longest first. They begin first: one that begins last leaves a core idle. */
const heaviest = [
  "simulator/long-run",
  "simulator/pairs",
  "service/start/local",
  "simulator/simulator",
  "engine/fleet",
  "workflows/pull-request",
  "engine/audit",
  "service/work/lifecycle",
  "engine/canary/commands",
  "workflows/rotation",
  "engine/plan",
  "service/page/together",
  "engine/canary/cli",
  "service/page/pages",
  "service/work/canary",
  "integrators/integrators",
  "engine/released",
  "service/page/everywhere",
  "engine/reconcile",
  "service/page/end-to-end",
  "engine/custody",
  "engine/continue-on-error",
  "engine/build",
  "service/page/upkeep",
  "service/work/crash",
  "engine/lost-answers",
  "service/work/engine-user",
  "engine/stack-identity",
  "engine/adopt",
  "start/laptop",
  "engine/production",
  "engine/replacement",
  "engine/journal",
  "engine/canary/switches",
  "engine/target",
  "engine/previews",
  "engine/record",
  "fuzz/ends",
  "service/work/forgery",
  "engine/aws-stand-in",
  "workflows/approved-commit",
  "engine/aws-identity",
  "engine/canary/adopted",
  "engine/gone",
  "service/page/approve-together",
  "engine/downstream",
  "engine/refresh",
  "service/work/engine",
  "engine/crash",
  "engine/leftover-secret",
  "service/page/asking",
  "engine/npm-pack",
  "engine/own-stack",
  "engine/rotation",
  "engine/taken-back",
  "engine/canary/failures",
  "engine/main-job",
  "engine/records",
  "engine/changed-secret",
  "engine/unprotected",
  "engine/runbooks",
  "engine/organization-key",
  "engine/aws-setup",
  "engine/deletion",
  "engine/canary/throws",
  "engine/releases",
  "engine/credentials",
  "engine/canary/own-stack",
  "engine/kms",
  "engine/cli-start-up",
  "engine/customer-files",
  "provider/dynamic/gone",
  "engine/proxy",
  "engine/created-by",
  "engine/lost-and-changed",
  "provider/journal/killed-packing",
  "service/page/accessible",
  "engine/interrupt",
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

/**
 * The suites. Each runs in several processes at once, a file at a time each. Engine tests come first where both run: they
 * take longest.
 */
const suites = {
  all: { titles: usual, files: filesOf(engineTests, unitTests) },
  unit: { titles: usual, files: filesOf(unitTests) },
  engine: { titles: usual, files: filesOf(engineTests) },
  exhaustive: { titles: exhaustive, files: filesOf(engineTests, unitTests) },
};

/** Returns Mocha's arguments for a suite. With `--grep`, the suite's tests whose titles match. */
function mochaArguments({ titles, files }, options) {
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
    "--parallel",
    ...files,
    ...options.filter((_option, index) => !ofGrep.has(index)),
  ];
}

module.exports = { engineFolders, exhaustiveTag, heaviest, mochaArguments, suites };
