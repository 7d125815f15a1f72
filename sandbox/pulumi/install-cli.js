"use strict";
// A process of its own, because the Automation API's installer cannot be interrupted.
const { PulumiCommand } = require("@pulumi/pulumi/automation");

// The version is @pulumi/pulumi's own unless said otherwise.
PulumiCommand.install({ root: process.argv[2] }).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
