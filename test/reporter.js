"use strict";
const path = require("node:path");
const { reporters } = require("mocha");

/** Mocha's own report, closed by the files that failed and the one line that a machine reads: `N passed, N failed`. */
module.exports = class extends reporters.Spec {
  epilogue() {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    for (const file of new Set(this.failures.map((test) => test.file ?? test.err?.file).filter(Boolean)))
      console.log(`failed: ${path.relative(process.cwd(), file)}`);
    console.log(`${passes} passed, ${failures} failed${pending === 0 ? "" : `, ${pending} skipped`}`);
  }
};
