"use strict";
// A separate process, because the Automation API's installer cannot be interrupted.
const { PulumiCommand } = require("@pulumi/pulumi/automation");

// The default version is @pulumi/pulumi's own.
PulumiCommand.install({ root: process.argv[2] }).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
