// The program that `pulumi up` runs. It is compiled before it is run, and only when its source has changed since:
// type checking at each `up` would take longer than the `up` itself.
require("./node-version.js").assertNodeVersion();
require("pulumi-resistant-tenants/preload").storeCompiled();
require("../build.js").ensureBuilt();

// Before anything else of the SDK is used: its debug messages hold credentials (see the module).
require("pulumi-resistant-tenants/internal/quiet-log");
// What nothing catches is printed without what the error holds.
require("pulumi-resistant-tenants/internal/safe-errors");

module.exports = require("./dist/program.js").program;
