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
  "engine/fleet",
  "engine/audit",
  "workflows/pull-request",
  "simulator/simulator",
  "engine/canary/commands",
  "workflows/rotation",
  "service/start/local",
  "engine/canary/cli",
  "engine/reconcile",
  "service/work/canary",
  "engine/plan",
  "service/page/end-to-end",
  "service/page/pages",
  "engine/released",
  "engine/continue-on-error",
  "service/work/crash",
  "engine/target",
  "service/page/together",
  "service/work/engine-user",
  "engine/lost-answers",
  "engine/refresh",
  "service/work/forgery",
  "engine/journal",
  "integrators/integrators",
  "service/page/everywhere",
  "engine/stack-identity",
  "engine/runbooks",
  "engine/build",
  "engine/previews",
  "service/page/upkeep",
  "fuzz/ends",
  "engine/replacement",
  "workflows/approved-commit",
  "engine/adopt",
  "engine/custody",
  "start/laptop",
  "engine/production",
  "engine/record",
  "engine/crash",
  "engine/cli-start-up",
  "engine/canary/adopted",
  "engine/rotation",
  "engine/aws-identity",
  "engine/policy",
  "engine/own-stack",
  "service/work/engine",
  "provider/journal/killed-packing",
  "engine/unprotected",
  "engine/canary/failures",
  "engine/canary/switches",
  "service/page/approve-together",
  "service/page/asking",
  "engine/gone",
  "engine/main-job",
  "engine/aws-stand-in",
  "engine/downstream",
  "service/page/accessible",
  "engine/records",
  "engine/releases",
  "engine/lost-and-changed",
  "engine/organization-key",
  "engine/changed-secret",
  "engine/credentials",
  "engine/interrupt",
  "engine/leftover-secret",
  "engine/aws-setup",
  "engine/proxy",
  "engine/kms",
  "engine/canary/own-stack",
  "service/start/own-database",
  "service/notices/mail",
  "provider/dynamic/gone",
  "engine/aws-rights",
  "engine/installed-code",
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
