// The program that `pulumi up` runs. It is compiled before it is run, and only when its source has changed since:
// type checking at each `up` would take longer than the `up` itself.
require("./node-version.js").assertNodeVersion();
require("../build.js").ensureBuilt();

// Before anything else of the SDK is used: its debug messages hold credentials (see the module).
require("pulumi-resistant-tenants/internal/quiet-log");
// What nothing catches is printed without what the error holds.
require("pulumi-resistant-tenants/internal/safe-errors");

// The engine's runtime looks up the source map of every frame of the stack that it takes for each resource. Without
// that an `up` of 20 customers is a sixth faster, and an error is told at once instead of after ten seconds. Positions
// are then those in dist/.
Error.prepareStackTrace = undefined;

module.exports = require("./dist/program.js").program;
