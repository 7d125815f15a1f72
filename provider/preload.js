"use strict";
// Loaded first by the Node.js processes of the engine that have `--require=pulumi-resistant-tenants/preload`: they start
// in half the time. What they load works as it does without it.
const { mkdirSync, statSync } = require("node:fs");
const Module = require("node:module");
const path = require("node:path");

/** The SDK's own modules, not those of packages that are installed below it. */
const sdk = /[\\/]@pulumi[\\/]pulumi[\\/](?!(?:.*[\\/])?node_modules[\\/])/;

/**
 * Modules that are requested at each start and used by few programs. Each row has the request and who makes it. The SDK
 * serializes functions with npm's package manager, a reader of its manifests and the TypeScript compiler; zod has messages in
 * some forty languages.
 */
const readOnDemand = [
  [/^(?:@npmcli\/arborist|normalize-package-data)$|\/typescript-shim$/, sdk],
  [/\/locales\/index\.cjs$/, /[\\/]zod[\\/]/],
];

/** Modules of `--tracing`, whose functions and classes the SDK takes from them as soon as it loads. */
const calledOnDemand = [
  [/^@opentelemetry\/(?:exporter-zipkin|instrumentation(?:-grpc)?|resources|sdk-trace-(?:base|node))$/, sdk],
];

/**
 * source-map-support looks up the source map of each frame of the call stack that the SDK takes for each resource. Without it an
 * `up` of 20 customers is a sixth faster, and an error is reported at once instead of after ten seconds. Positions are then those
 * of compiled files.
 */
const unwanted = [[/^source-map-support\/register$/, sdk]];

const load = Module._load;
Module._load = function (request, parent, ...rest) {
  const real = () => load.call(this, request, parent, ...rest);
  const isIn = (table) =>
    table.some(([requested, by]) => requested.test(request) && by.test(parent?.filename ?? ""));
  if (isIn(unwanted)) return {};
  if (isIn(readOnDemand)) return moduleOf(real, (name) => real()[name]);
  if (isIn(calledOnDemand)) return moduleOf(real, (name) => callable(() => real()[name]));
  return real();
};

/** Stands in for a module, of which a compiled `import` reads exports, or all as its default. */
function moduleOf(real, read) {
  return new Proxy(
    {},
    {
      get(_, name) {
        if (name === "__esModule") return true;
        return name === "default" && real().__esModule !== true ? real() : read(name);
      },
      set: (_, name, value) => Reflect.set(real(), name, value),
      has: (_, name) => name in real(),
      ownKeys: () => Reflect.ownKeys(real()),
      getOwnPropertyDescriptor(_, name) {
        const found = Reflect.getOwnPropertyDescriptor(real(), name);
        return found === undefined ? undefined : { ...found, configurable: true };
      },
    },
  );
}

/** Stands in for a function or a class, which may be extended. */
function callable(real) {
  const stand = new Proxy(function () {}, {
    apply: (_, self, args) => Reflect.apply(real(), self, args),
    construct: (_, args, target) => Reflect.construct(real(), args, target === stand ? real() : target),
    get: (_, name) => real()[name],
  });
  return stand;
}

const root = path.join(__dirname, "..");
const cache = path.join(root, "dist", "node-compile-cache");

/**
 * Lets Node.js store what it compiles for programs, which takes longer than running them. It does so only for this project's own
 * folder, which the caller alone can write. A provider evaluates functions from the state, which may hold secrets: nothing of
 * it is stored.
 */
function storeCompiled() {
  if (/[\\/]cmd[\\/]dynamic-provider\b/.test(process.argv[1] ?? "")) return;
  try {
    mkdirSync(cache, { recursive: true, mode: 0o700 });
    if ((statSync(cache).mode & 0o022) === 0) Module.enableCompileCache?.(cache);
  } catch {
    // Where nothing can be written, nothing is stored.
  }
}

// A program elsewhere, such as a stack of a fleet, has a file of its own, which would be stored at each run: `stacks/main.js` is
// the first that it shares with others.
if (process.cwd().startsWith(root + path.sep)) storeCompiled();

module.exports = { storeCompiled };
