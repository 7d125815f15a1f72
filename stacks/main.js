// The program that `pulumi up` runs. It is compiled before it is run, and only when its source has changed since:
// type checking at each `up` would take longer than the `up` itself.
require("./ensure-built.js").ensureBuilt();
module.exports = require("./dist/program.js").program;
