#!/usr/bin/env node
// Starts the command line. It is compiled first where its source, or the provider's, has changed.
const reason = require("../stacks/node-version.js").unsuitable();
if (reason === undefined) {
  require("../stacks/build.js").ensureBuilt();
  require("./dist/main.js");
} else {
  console.error(`tenants: ${reason}`);
  process.exitCode = 1;
}
