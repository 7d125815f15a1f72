"use strict";
// Loaded before the processes that the engine starts (`hooks.ts`), which take most of the time of the
// engine's tests.
const Module = require("node:module");
const path = require("node:path");
const { setTimeout } = require("node:timers");

/** Compares all sources with what is compiled, at each start: `register.js` has done so for all processes. */
const build = path.join(__dirname, "..", "..", "build.js");

/** Attaches a debugger before a program is loaded, which then takes half as long again. It tells where a function was written. */
const debuggerOfSdk = /[\\/]closure[\\/]v8Hooks$/;

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

/** Node.js writes its compile cache when a process ends by itself; the engine kills those that run providers. */
function keepCompiled() {
  if (/[\\/]dynamic-provider[\\/]/.test(process.argv[1] ?? ""))
    setTimeout(() => Module.flushCompileCache?.(), 500).unref();
}
