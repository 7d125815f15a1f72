/**
 * Stops the debug messages of Pulumi's SDK in this process. Import it before anything that reads or declares resources.
 *
 * The SDK writes each answer of the engine into a debug message ("RegisterResource RPC finished … resp"), secrets
 * included and unmasked. The engine passes those messages on as events: in `pulumi up --json`, `--debug`, `-v=3
 * --logtostderr`, `--event-log` and to `onEvent` of the Automation API, for a stack without changes too. No option of the
 * SDK or of the engine masks or stops them.
 *
 * A program's own `pulumi.log.debug` is lost with them. Every copy of the SDK that is already loaded is silenced: a
 * program may load another copy than this package.
 *
 * @see node_modules/@pulumi/pulumi/runtime/resource.js and invoke.js, `log.debug`
 */

const silent = (): Promise<void> => Promise.resolve();

/** The SDK's modules all call `log.debug` as a member of this module's exports, at the time of the message. */
const logModule = "@pulumi/pulumi/log";

const logModuleFile = /[\\/]@pulumi[\\/]pulumi[\\/]log[\\/]index\.js$/;

for (const log of loadedLogs()) {
  Object.defineProperty(log, "debug", {
    value: silent,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}

function loadedLogs(): object[] {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the exports themselves: `import` may copy them
  const own = require(logModule) as object;
  const others = Object.entries(require.cache).flatMap(([file, loaded]) =>
    logModuleFile.test(file) && loaded !== undefined ? [loaded.exports as object] : [],
  );
  return [...new Set([own, ...others])];
}

export {};
