"use strict";
// Loaded before all processes of Node.js that tests start (`hooks.ts`): those of the engine take most of the time of the
// engine's tests.
const { readFileSync, renameSync, statSync, writeFileSync } = require("node:fs");
const { createHash } = require("node:crypto");
const Module = require("node:module");
const path = require("node:path");
const { setTimeout } = require("node:timers");

const root = path.join(__dirname, "..", "..");

/** Compares all sources with what is compiled, at each start: `register.js` has done so for all processes. */
const build = path.join(root, "build.js");

/** Attaches a debugger before a program is loaded, which then takes half as long again. It tells where a function was written. */
const debuggerOfSdk = /[\\/]closure[\\/]v8Hooks$/;

rememberResolved();
if (/[\\/]@pulumi[\\/]pulumi[\\/]cmd[\\/]/.test(process.argv[1] ?? "")) {
  // Providers, too, whichever environment they get.
  require("pulumi-resistant-tenants/preload");
  loadLess();
  keepCompiled();
}

function loadLess() {
  const load = Module._load;
  Module._load = function (request, ...rest) {
    if (/build\.js$/.test(request) && Module._resolveFilename(request, ...rest) === build)
      return { ensureBuilt: () => undefined };
    const loaded = load.call(this, request, ...rest);
    // Whoever serializes a function attaches it then.
    if (debuggerOfSdk.test(request)) return { ...loaded, isInitializedAsync: () => Promise.resolve() };
    return loaded;
  };
}

/**
 * Looking for the files of two thousand modules takes a quarter of the time that loading them takes. What a package requires of
 * another one is looked for once, until npm installs anew.
 */
function rememberResolved() {
  const folder = process.env["NODE_COMPILE_CACHE"];
  const packages = path.join(root, "node_modules") + path.sep;
  const installedMs = lastInstall(packages);
  if (folder === undefined || installedMs === undefined) return;
  const name = createHash("sha256").update(`${process.version} ${installedMs} ${root}`).digest("hex");
  const file = path.join(folder, `resolved-${name}.json`);
  const known = read();
  let isNew = false;

  function read() {
    try {
      return JSON.parse(readFileSync(file, "utf8"));
    } catch {
      return {};
    }
  }
  function keep() {
    if (!isNew) return;
    isNew = false;
    try {
      writeFileSync(`${file}.${process.pid}`, JSON.stringify(known));
      renameSync(`${file}.${process.pid}`, file);
    } catch {
      // Another user's process may have no folder to write to.
    }
  }

  const resolve = Module._resolveFilename;
  Module._resolveFilename = function (request, parent, isMain, options) {
    const from = parent?.path ?? "";
    if (options !== undefined || !from.startsWith(packages))
      return resolve.call(this, request, parent, isMain, options);
    const key = `${from.slice(packages.length)} ${request}`;
    const remembered = known[key];
    if (remembered !== undefined) return packages + remembered;
    const found = resolve.call(this, request, parent, isMain);
    if (found.startsWith(packages)) {
      known[key] = found.slice(packages.length);
      isNew = true;
    }
    return found;
  };
  process.once("exit", keep);
  // The engine kills the processes that run providers.
  setTimeout(keep, 500).unref();
}

/** Returns when npm installed packages last; undefined where this process may not see it. */
function lastInstall(packages) {
  try {
    return statSync(`${packages}.package-lock.json`).mtimeMs;
  } catch {
    return undefined;
  }
}

/** Node.js writes its compile cache when a process ends by itself; the engine kills those that run providers. */
function keepCompiled() {
  if (/[\\/]dynamic-provider[\\/]/.test(process.argv[1] ?? ""))
    setTimeout(() => Module.flushCompileCache?.(), 500).unref();
}
