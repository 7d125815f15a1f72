import { leaveOutStackTraces } from "pulumi-resistant-tenants/internal/stack-traces";

leaveOutStackTraces();

/**
 * The SDK also formats and keeps a stack trace for each of the dozens of promises of a resource: a fifth of
 * the program's time, and most of its memory. It prints the trace of a promise that never settles if
 * `PULUMI_DEBUG_PROMISE_LEAKS` is set, and reads it nowhere else.
 *
 * @see node_modules/@pulumi/pulumi/runtime/debuggable.js, `debuggablePromise`
 */
// eslint-disable-next-line @typescript-eslint/no-require-imports -- the SDK declares no types for it
const debuggable = require("@pulumi/pulumi/runtime/debuggable") as Record<string, unknown>;
const { debuggablePromise, debugPromiseLeaks } = debuggable;
if (isFunction(debuggablePromise) && debugPromiseLeaks === false) {
  debuggable["debuggablePromise"] = withoutStack(debuggablePromise);
}

type AnyFunction = (...args: unknown[]) => unknown;

function isFunction(value: unknown): value is AnyFunction {
  return typeof value === "function";
}

function withoutStack(act: AnyFunction): AnyFunction {
  return (...args) => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      return act(...args);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  };
}
