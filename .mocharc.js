"use strict";
const { availableParallelism } = require("node:os");

module.exports = {
  require: ["./test/register.js", "./test/hooks.ts"],
  reporter: "./test/reporter.js",
  exit: true,
  timeout: 180_000,
  slow: 20_000,
  // Of the suites that run in parallel. One more than there are cores: a test on the engine waits now and then.
  jobs: availableParallelism() + 1,
};
