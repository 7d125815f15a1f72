#!/usr/bin/env node
// Starts the command line, after compiling it if its source, or the provider's, has changed.
try {
  require("../stacks/node-version.js").assertNodeVersion();
  require("../build.js").ensureBuilt();
  require("./dist/main.js");
} catch (error) {
  console.error(`tenants: ${error.message}`);
  process.exitCode = 1;
}
