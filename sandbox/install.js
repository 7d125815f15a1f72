"use strict";
// Runs before `npm start`, `npm test` and `npm run sandbox`, when there may be no node_modules yet: Node's own modules
// only.
const { spawnSync } = require("node:child_process");
const { statSync } = require("node:fs");
const path = require("node:path");

const root = path.dirname(__dirname);

/** @returns {string | undefined} why this Node cannot run the project */
function unsuitableNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return undefined;
  return `Node.js 20.19 or later is needed and this is ${process.versions.node}: install a current one from nodejs.org or with your version manager.`;
}

/** @returns {number} when the file was last written, in ms; 0 where there is none */
function writtenAt(file) {
  return statSync(path.join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function main() {
  const reason = unsuitableNode();
  if (reason !== undefined) {
    console.error(reason);
    return 1;
  }
  if (writtenAt("node_modules/.package-lock.json") >= writtenAt("package-lock.json")) return 0;
  console.log("Installing the npm packages (npm ci), once: about a minute …");
  // Under npm this is the very npm that was called, which need not be the first one on the PATH.
  const npm = process.env.npm_execpath;
  const options = { cwd: root, stdio: "inherit" };
  const result = npm?.endsWith("npm-cli.js")
    ? spawnSync(process.execPath, [npm, "ci"], options)
    : spawnSync("npm", ["ci"], { ...options, shell: process.platform === "win32" });
  if (result.status === 0) return 0;
  const why = result.error ? result.error.message : `exit code ${result.status ?? result.signal}`;
  console.error(`The npm packages could not be installed (npm ci: ${why}). Its own output above says why.`);
  return 1;
}

process.exitCode = main();
