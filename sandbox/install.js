"use strict";
// Runs before `npm start`, `npm test` and `npm run sandbox`, perhaps without node_modules, so it uses only
// Node's own modules. Node.js may be older here than the project needs: the packages bring a newer one, which
// npm puts first on the PATH of every later script.
const { spawnSync } = require("node:child_process");
const path = require("node:path");

const { suits, unsuitable } = require("../stacks/node-version.js");
const { isInstalled } = require("./installed.js");

const root = path.dirname(__dirname);

/** @returns {string | undefined} why the packages could not be installed */
function install() {
  if (isInstalled(root)) return undefined;
  console.error("Installing the npm packages (npm ci), once: about a minute …");
  // Under npm this is the npm that was called, which need not be the first one on the PATH.
  const npm = process.env.npm_execpath;
  // Standard output belongs to the command that follows: `npm run --silent service -- --json` writes one
  // line.
  const options = { cwd: root, stdio: ["inherit", 2, 2] };
  const result = npm?.endsWith("npm-cli.js")
    ? spawnSync(process.execPath, [npm, "ci"], options)
    : spawnSync("npm", ["ci"], { ...options, shell: process.platform === "win32" });
  if (result.status === 0) return undefined;
  const why = result.error ? result.error.message : `exit code ${result.status ?? result.signal}`;
  return `The npm packages could not be installed (npm ci: ${why}). Its own output above says why.`;
}

/** @returns {string | undefined} why neither this Node.js nor one of the packages can run the project */
function missingNode() {
  const reason = unsuitable();
  if (reason === undefined) return undefined;
  const command = path.join(root, "node_modules", ".bin", process.platform === "win32" ? "node.cmd" : "node");
  const options = { encoding: "utf8", shell: process.platform === "win32" };
  const { status, stdout } = spawnSync(command, ["--print", "process.versions.node"], options);
  if (status === 0 && suits(stdout.trim())) return undefined;
  return `${reason}\nNo Node.js was installed with the packages: they have none for this system, or were installed with --omit=optional.`;
}

const problem = install() ?? missingNode();
if (problem !== undefined) {
  console.error(problem);
  process.exitCode = 1;
}
