"use strict";

/**
 * The folders of `test/` whose tests start other programs: the engine, npm, git, the project's command line. They run in
 * several processes at once, a file at a time each. All other folders hold unit tests: they start nothing but Node.js,
 * and `hooks.ts` fails one that does.
 */
const engineFolders = ["engine", "fuzz", "integrators", "service", "start", "workflows"];

/** A test with this tag in its title takes minutes: it runs in `npm run test:exhaustive` alone. */
const exhaustiveTag = "@exhaustive";

const engineTests = `test/{${engineFolders.join(",")}}/**/*.test.ts`;
const unitTests = `test/!(${engineFolders.join("|")})/**/*.test.ts`;
const usual = ["--grep", exhaustiveTag, "--invert"];

/** Mocha's arguments for each suite. Engine tests come first where both run: they take longest. */
const suites = {
  all: [...usual, "--parallel", engineTests, unitTests],
  unit: [...usual, unitTests],
  engine: [...usual, "--parallel", engineTests],
  exhaustive: ["--grep", exhaustiveTag, "--parallel", engineTests, unitTests],
};

module.exports = { engineFolders, exhaustiveTag, suites };
