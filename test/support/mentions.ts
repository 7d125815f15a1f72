import assert from "node:assert/strict";

/**
 * Asserts that a text mentions each of these: a customer, a slot, a path, a figure, a host, a command to run
 * next. Each counts as a whole: `4` is not mentioned in `14`. The sentences around them are not compared.
 */
export function mentions(text: string | undefined, ...names: string[]): void {
  assert.ok(names.length > 0, "a text must mention something");
  for (const name of names) {
    assert.ok(isMentioned(name, text ?? ""), `${JSON.stringify(name)} is not mentioned in:\n${text}`);
  }
}

/** Checks in `assert.throws` and `assert.rejects` that an error's message {@link mentions} each of these. */
export const mentioning =
  (...names: string[]) =>
  (error: unknown): true => {
    assert.ok(error instanceof Error, "what is thrown must be an Error");
    mentions(error.message, ...names);
    return true;
  };

function isMentioned(name: string, text: string): boolean {
  const start = /^\w/.test(name) ? "(?<!\\w)" : "";
  const end = /\w$/.test(name) ? "(?!\\w)" : "";
  return new RegExp(start + name.replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&") + end).test(text);
}
