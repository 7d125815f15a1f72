"use strict";
// What the engine and the command line run is compiled first: engines that tests start do not look again.
require("../build.js").ensureBuilt();

require("ts-node/register");
