"use strict";
const { availableParallelism } = require("node:os");

module.exports = {
  require: ["./test/register.js", "./test/hooks.ts"],
  reporter: "./test/reporter.js",
  exit: true,
  timeout: 180_000,
  slow: 20_000,
  // Three more than there are cores: tests on the engine wait now and then.
  jobs: availableParallelism() + 3,
};
