#!/usr/bin/env node
// Starts the command line. The provider is compiled first where its source has changed, and the command line itself is
// compiled as it is loaded.
const { join } = require("node:path");

require("../stacks/build.js").ensureBuilt();
require("ts-node").register({ cwd: join(__dirname, ".."), transpileOnly: true });
require("./main.ts");
