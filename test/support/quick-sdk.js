"use strict";
// Is loaded before the processes that the engine starts (`hooks.ts`): they are most of what the tests on the engine take.
const { existsSync, readFileSync } = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const { setTimeout } = require("node:timers");

if (/[\\/]@pulumi[\\/]pulumi[\\/]cmd[\\/]/.test(process.argv[1] ?? "")) {
  loadNpmOnDemand();
  keepTypescriptOff();
  keepCompiled();
}

/** The SDK loads npm's package manager into each process, and uses it only to serialise functions. */
function loadNpmOnDemand() {
  const name = "@npmcli/arborist";
  const load = Module._load;
  Module._load = function (request, ...rest) {
    if (request !== name) return load.call(this, request, ...rest);
    const real = () => load.call(this, request, ...rest);
    return new Proxy(
      {},
      {
        get: (_, member) =>
          member === "__esModule" ? true : (real()[member] ?? (member === "default" ? real() : undefined)),
      },
    );
  };
}

/**
 * The language host that is built where Pulumi's own cannot be downloaded does not know a project's option `typescript:
 * false`, and loads the TypeScript compiler, and each module through ts-node.
 */
function keepTypescriptOff() {
  let folder = process.cwd();
  while (!existsSync(path.join(folder, "Pulumi.yaml"))) {
    if (folder === path.dirname(folder)) return;
    folder = path.dirname(folder);
  }
  if (/\btypescript: false\b/.test(readFileSync(path.join(folder, "Pulumi.yaml"), "utf8")))
    delete process.env.PULUMI_NODEJS_TYPESCRIPT;
}

/** Node.js writes its compile cache when a process ends by itself; the engine kills those that run providers. */
function keepCompiled() {
  setTimeout(() => Module.flushCompileCache?.(), 500).unref();
}
