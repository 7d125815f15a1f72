import type { FastifyRequest } from "fastify";

import { Problem } from "../problem";

/** The deepest nesting of lists and objects: an entry of a customer has five levels, a batch two more. */
const deepest = 32;

/**
 * Refuses characters that the database cannot store, and endless nesting, anywhere in a request, so that the
 * schemas of all routes see plain values.
 *
 * @throws {@link Problem} `invalid` with the path; `notFound` if it is in the address
 */
export function insistOnPlainInput({ body, query, params }: FastifyRequest): void {
  if (objectionTo(params) !== undefined) throw new Problem("notFound", "There is nothing at this address.");
  for (const part of [query, body]) {
    const found = objectionTo(part);
    if (found !== undefined)
      throw new Problem("invalid", found.path === "" ? found.message : `${found.path}: ${found.message}`, {
        errors: [found],
      });
  }
}

/** Iterative: a recursive function would exhaust the stack. */
function objectionTo(value: unknown): { path: string; message: string } | undefined {
  const left: { value: unknown; path: readonly string[] }[] = [{ value, path: [] }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { value: part, path } = next;
    if (typeof part === "string" && !isPlain(part))
      return { path: path.join("."), message: "holds a NUL, or half a character: send text as UTF-8" };
    if (typeof part !== "object" || part === null || Buffer.isBuffer(part)) continue;
    if (path.length >= deepest)
      return { path: path.slice(0, 3).join("."), message: `is nested more than ${deepest} levels deep` };
    for (const [name, inner] of Object.entries(part)) {
      if (!isPlain(name))
        return { path: path.join("."), message: "has a member whose name is no plain text" };
      left.push({ value: inner, path: [...path, name] });
    }
  }
  return undefined;
}

/** PostgreSQL stores no NUL, and half of a surrogate pair would come back as another character. */
function isPlain(text: string): boolean {
  return !text.includes("\0") && !/\p{Surrogate}/u.test(text);
}
