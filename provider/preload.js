"use strict";
// Loaded first by the Node.js processes of the engine that have `--require=pulumi-resistant-tenants/preload`: they start
// in half the time. Without it everything works the same.
const Module = require("node:module");
const path = require("node:path");

const sdk = /[\\/]@pulumi[\\/]pulumi[\\/]/;

/**
 * What is loaded at the start and used by few programs or none, by what is requested and by whom. To serialize functions: npm's
 * package manager, the reader of its manifests and the TypeScript compiler. To run the engine: the Automation API. And zod's
 * messages in some forty languages.
 */
const readOnDemand = [
  [/^(?:@npmcli\/arborist|normalize-package-data|\.\/automation)$|\/typescript-shim$/, sdk],
  [/\/locales\/index\.cjs$/, /[\\/]zod[\\/]/],
];

/** The same for `--tracing`, of which the SDK takes the functions and classes at once. */
const calledOnDemand = [
  [/^@opentelemetry\/(?:exporter-zipkin|instrumentation(?:-grpc)?|resources|sdk-trace-(?:base|node))$/, sdk],
];

/**
 * Looks up the source map of every frame of the stack that the SDK takes for each resource. Without it an `up` of 20 customers is
 * a sixth faster, and an error is reported at once instead of after ten seconds. Positions are then those of what is compiled.
 */
const unwanted = [[/^source-map-support\/register$/, sdk]];

// By the contents of what is compiled. Nothing is stored where the folder cannot be written.
Module.enableCompileCache?.(path.join(__dirname, ".node-compile-cache"));

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
      has: (_, name) => name in real(),
      ownKeys: () => Reflect.ownKeys(real()),
      getOwnPropertyDescriptor(_, name) {
        const found = Reflect.getOwnPropertyDescriptor(real(), name);
        return found === undefined ? undefined : { ...found, configurable: true };
      },
    },
  );
}

/** Stands in for a function or a class. */
function callable(real) {
  return new Proxy(function () {}, {
    apply: (_, self, args) => Reflect.apply(real(), self, args),
    construct: (_, args) => Reflect.construct(real(), args),
    get: (_, name) => real()[name],
  });
}
