// The policy pack of `--policy-pack policy`. Like the program, it is compiled before it runs.
require("../stacks/node-version.js").assertNodeVersion();
require("../build.js").ensureBuilt();
require("./dist/pack.js");
