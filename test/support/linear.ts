import { strict as assert } from "node:assert";

/** Methods of lists that call a function for each element, until they are done. */
const visiting = [
  "every",
  "filter",
  "find",
  "findIndex",
  "findLast",
  "findLastIndex",
  "flatMap",
  "forEach",
  "map",
  "reduce",
  "some",
] as const;

/** Methods of lists that compare each element, until they find one. */
const searching = ["includes", "indexOf"] as const;

type Method = (this: unknown, ...given: unknown[]) => unknown;

/**
 * Counts the steps of some work: each element that a list, a map or a set is searched or walked through for, and each use
 * of a pattern, a replacement or a parser of JSON. Unlike a time, it is the same on each machine.
 */
async function stepsOf(work: () => unknown): Promise<number> {
  let steps = 0;
  const restore: Array<() => void> = [];
  const replace = (of: object, name: PropertyKey, replaced: (original: Method) => Method): void => {
    const known = Object.getOwnPropertyDescriptor(of, name);
    assert.ok(known !== undefined, `there is no ${String(name)}`);
    Object.defineProperty(of, name, { ...known, value: replaced(known.value as Method) });
    restore.push(() => Object.defineProperty(of, name, known));
  };
  const counted = (original: Method): Method =>
    function (...given) {
      steps += 1;
      return original.apply(this, given);
    };
  for (const name of visiting)
    replace(
      Array.prototype,
      name,
      (original) =>
        function (visit, ...rest) {
          return original.call(this, counted(visit as Method), ...rest);
        },
    );
  for (const name of searching)
    replace(
      Array.prototype,
      name,
      (original) =>
        function (...given) {
          const { length } = this as unknown[];
          steps += length;
          return original.apply(this, given);
        },
    );
  const iterators = [[].values(), new Map().entries(), new Set().values()].map(
    (iterator) => Object.getPrototypeOf(iterator) as object,
  );
  for (const iterator of iterators) replace(iterator, "next", counted);
  replace(RegExp.prototype, "exec", counted);
  replace(String.prototype, "replaceAll", counted);
  replace(String.prototype, "startsWith", counted);
  replace(JSON, "parse", counted);
  try {
    await work();
    return steps;
  } finally {
    for (const undo of restore) undo();
  }
}

/** How many times as large the larger work is. */
const growth = 4;

/**
 * Ensures that some work takes at most in proportion to its size: that of four times the size, which would take sixteen
 * times the steps if each element were searched for among all.
 *
 * @param prepare prepares work of a size; its own steps do not count
 * @param size the smaller size
 */
export async function assertLinear(
  prepare: (size: number) => (() => unknown) | Promise<() => unknown>,
  size = 100,
): Promise<void> {
  const few = await stepsOf(await prepare(size));
  const many = await stepsOf(await prepare(size * growth));
  assert.ok(
    many <= few * growth * 1.25,
    `${few} steps for ${size}, ${many} for ${size * growth}: ${(many / few).toFixed(1)} times as many`,
  );
}

/**
 * Ensures that some work does not depend on how much else there is.
 *
 * @param prepare prepares work beside a number of other things; its own steps do not count
 */
export async function assertConstant(
  prepare: (size: number) => (() => unknown) | Promise<() => unknown>,
): Promise<void> {
  const few = await stepsOf(await prepare(10));
  const many = await stepsOf(await prepare(1_000));
  assert.ok(many <= few, `${few} steps beside 10, ${many} beside 1,000`);
}
