// The policy pack that `--policy-pack policy` runs. It is compiled before it is run, as the program is.
require("../stacks/node-version.js").assertNodeVersion();
require("../build.js").ensureBuilt();
require("./dist/pack.js");
