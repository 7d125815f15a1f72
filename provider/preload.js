"use strict";
// Loaded first by the Node.js processes of the engine that have `--require=pulumi-resistant-tenants/preload`: they start
// in half the time. Without it everything works the same.
const Module = require("node:module");
const path = require("node:path");

/**
 * What is loaded at the start, and used by few programs or none, by what is requested and by whom: npm's package manager, the
 * reader of its manifests and the TypeScript compiler, to serialize functions; the Automation API; zod's messages in some forty
 * languages. Each is loaded when something of it is first used.
 */
const onDemand = [
  [
    /^(?:@npmcli\/arborist|normalize-package-data|\.\/automation)$|\/typescript-shim$/,
    /[\\/]@pulumi[\\/]pulumi[\\/]/,
  ],
  [/\/locales\/index\.cjs$/, /[\\/]zod[\\/]/],
];

// By the contents of what is compiled. Nothing is stored where the folder cannot be written.
Module.enableCompileCache?.(path.join(__dirname, ".node-compile-cache"));

const load = Module._load;
Module._load = function (request, parent, ...rest) {
  const real = () => load.call(this, request, parent, ...rest);
  const isOnDemand = onDemand.some(
    ([requested, by]) => requested.test(request) && by.test(parent?.filename ?? ""),
  );
  return isOnDemand ? usedOnDemand(real) : real();
};

/** Stands in for a module, of which a compiled `import` reads exports, or all as its default. */
function usedOnDemand(real) {
  return new Proxy(
    {},
    {
      get(_, name) {
        if (name === "__esModule") return true;
        return name === "default" && real().__esModule !== true ? real() : real()[name];
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
