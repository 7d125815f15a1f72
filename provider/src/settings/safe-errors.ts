import { z } from "zod";

import { noteCredential, withoutCredentials } from "../client/redaction";
import { ownProcess } from "./own-process";

/**
 * Reduces an uncaught error to its messages and stack traces, without credentials. The SDK's runtimes of programs and
 * dynamic providers print such an error with all its properties: the failed request, a resource's arguments, the cause.
 * Import it first; outside these runtimes it does nothing.
 */

/** The properties by which the SDK recognizes its own errors, of which it prints only the messages. */
const kept = new Set<PropertyKey>(["message", "stack", "name", "__pulumiRunError", "__pulumResourceError"]);

/** How many causes of an error are printed. */
const deepest = 5;

/** Makes an error safe to print, in place if possible: the SDK recognizes by the object what it has printed. */
export function makeSafe(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return new Error(withoutCredentials(describe(thrown)));
  const { message, stack, name } = textsOf(thrown);
  const isSafe =
    Object.isExtensible(thrown) &&
    Reflect.ownKeys(thrown).every((key) => kept.has(key) || hide(thrown, key)) &&
    define(thrown, "message", message) &&
    define(thrown, "stack", stack);
  return isSafe ? thrown : Object.assign(new Error(message), { stack, name });
}

/** @returns whether it was removed, or will no longer be printed: the SDK reads a resource error's resource */
function hide(error: Error, key: PropertyKey): boolean {
  return key === "resource" || key === "hideStack"
    ? define(error, key, Reflect.get(error, key))
    : Reflect.deleteProperty(error, key);
}

interface Texts {
  name: string;
  message: string;
  stack: string;
}

function textsOf({ name, message, stack, cause }: Error): Texts {
  const parts = [stack ?? message];
  for (let one = cause; one !== undefined && parts.length < deepest;) {
    parts.push(one instanceof Error ? (one.stack ?? one.message) : describe(one));
    one = one instanceof Error ? one.cause : undefined;
  }
  return {
    name,
    message: withoutCredentials(message),
    stack: withoutCredentials(parts.join("\n[cause]: ")),
  };
}

function describe(thrown: unknown): string {
  return typeof thrown === "string" ? thrown : "something other than an error was thrown";
}

function define(error: Error, name: PropertyKey, value: unknown): boolean {
  return Reflect.defineProperty(error, name, {
    value,
    enumerable: false,
    configurable: true,
    writable: true,
  });
}

/** The environment variables that contain a credential. */
const ofCredential = /(?:KEY|SECRET|TOKEN|PASSPHRASE|PASSWORD)$/i;

function noteCredentialsOf(environment: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && ofCredential.test(name)) noteCredential(value);
  }
  // The language host passes the decrypted stack configuration in this variable.
  const values = parsed(z.record(z.string(), z.string()), environment["PULUMI_CONFIG"]) ?? {};
  for (const key of parsed(z.array(z.string()), environment["PULUMI_CONFIG_SECRET_KEYS"]) ?? []) {
    const value = values[key];
    if (value !== undefined) noteCredential(value);
  }
}

function parsed<T>(schema: z.ZodType<T>, text: string | undefined): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text ?? "null")).data;
  } catch {
    return undefined;
  }
}

if (/[\\/]@pulumi[\\/]pulumi[\\/]cmd[\\/](?:run|dynamic-provider)\b/.test(process.argv[1] ?? "")) {
  noteCredentialsOf(ownProcess().environment);
  for (const event of ["uncaughtException", "unhandledRejection"]) {
    const listeners = process.rawListeners(event);
    process.removeAllListeners(event);
    process.on(event, (thrown: unknown, ...rest: unknown[]) => {
      const safe = makeSafe(thrown);
      for (const listener of listeners) listener.call(process, safe, ...rest);
    });
  }
}
