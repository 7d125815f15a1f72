"use strict";
// Loaded before the processes that the engine starts (`hooks.ts`), which take most of the time of the
// engine's tests.
const { existsSync, readFileSync } = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const { setTimeout } = require("node:timers");

/**
 * Modules that the SDK loads into each process and most processes never use: loaded when something of them is
 * first read.
 */
const readOnDemand = [
  // npm's package manager: used to serialise functions.
  /^@npmcli\/arborist$/,
  // The compiler: used to serialise functions, which programs do and providers do not.
  /(^|\/)typescript-shim$/,
  // Messages in some forty languages.
  /\/locales\/index\.cjs$/,
  // What drives the engine from outside, and what reads the manifests of packages that are serialised.
  /^\.\/automation$/,
  /^normalize-package-data$/,
];

/**
 * The same for modules whose classes the SDK uses at once: loaded when one of them is first called. Only
 * `--tracing` does that.
 */
const calledOnDemand =
  /^@opentelemetry\/(exporter-zipkin|instrumentation|instrumentation-grpc|resources|sdk-trace-(base|node))$/;

/** Compares all sources with what is compiled, at each start: `register.js` has done so for all processes. */
const build = path.join(__dirname, "..", "..", "build.js");

/** Maps stack traces to source lines, for which each process would read the source maps. No test needs it. */
const unused = /^source-map-support\/register$/;

if (/[\\/]@pulumi[\\/]pulumi[\\/]cmd[\\/]/.test(process.argv[1] ?? "")) {
  loadOnDemand();
  keepTypescriptOff();
  keepCompiled();
}

function loadOnDemand() {
  const load = Module._load;
  Module._load = function (request, ...rest) {
    if (unused.test(request)) return {};
    if (/build\.js$/.test(request) && Module._resolveFilename(request, ...rest) === build)
      return { ensureBuilt: () => undefined };
    const real = () => load.call(this, request, ...rest);
    if (readOnDemand.some((pattern) => pattern.test(request)))
      return proxyOf((member) => real()[member] ?? (member === "default" ? real() : undefined));
    if (calledOnDemand.test(request)) return proxyOf((member) => calledLater(() => real()[member]));
    return real();
  };
}

function proxyOf(read) {
  return new Proxy({}, { get: (_, member) => (member === "__esModule" ? true : read(member)) });
}

function calledLater(real) {
  return new Proxy(function () {}, {
    apply: (_, self, args) => Reflect.apply(real(), self, args),
    construct: (_, args) => Reflect.construct(real(), args),
    get: (_, member) => real()[member],
  });
}

/**
 * The language host that is built if Pulumi's own cannot be downloaded ignores a project's option
 * `typescript: false`, and loads the TypeScript compiler, and each module through ts-node.
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
  if (/[\\/]dynamic-provider[\\/]/.test(process.argv[1] ?? ""))
    setTimeout(() => Module.flushCompileCache?.(), 500).unref();
}
