"use strict";
// Is loaded before anything else, and before anything is installed: Node's own modules only, and no syntax of a new Node.
const path = require("node:path");

/** The Node.js that package.json asks for. */
const needed = require("../package.json").engines.node.replace(">=", "");

/** @returns {boolean} whether a version of Node.js runs this project */
function suits(version) {
  const [major, minor] = version.split(".").map(Number);
  const [neededMajor, neededMinor] = needed.split(".").map(Number);
  return major > neededMajor || (major === neededMajor && minor >= neededMinor);
}

/** @returns {string | undefined} why a Node.js cannot run this project, and what to do */
function unsuitable(version = process.versions.node, executable = process.execPath) {
  if (suits(version)) return undefined;
  const folder = path.join(path.dirname(__dirname), "node_modules", ".bin");
  return (
    `This project needs Node.js ${needed} or later; this is ${version} (${executable}). Nothing was changed. ` +
    "Install a current one, from nodejs.org or with your version manager, " +
    `or put the one that \`npm ci\` installs with the project (Linux, Windows) first on the PATH: export PATH="${folder}:$PATH"`
  );
}

/** Ends the program that `pulumi` runs, or the command, where this Node.js is too old. */
function assertNodeVersion() {
  const reason = unsuitable();
  if (reason === undefined) return;
  // The engine shows the message of such an error, and no stack trace.
  throw Object.assign(new Error(reason), { __pulumiRunError: true });
}

module.exports = { assertNodeVersion, needed, suits, unsuitable };
