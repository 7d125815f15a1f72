import { setFlagsFromString } from "node:v8";

/** How many long journals are being read. */
let readings = 0;

/**
 * Limits the young generation of V8's heap while a long journal is read. V8 doubles it whenever a full generation
 * survives a collection, up to 128 MB and more, although hardly anything of a journal survives. The limit halves the
 * memory for a tenth more time, and needs no setting by users. This changes only when V8 collects; the usual growth
 * factor (2) is restored at the end.
 *
 * @see {@link https://github.com/v8/v8/blob/main/src/flags/flag-definitions.h `semi_space_growth_factor`}
 */
export async function* inSmallHeap<T>(long: AsyncIterable<T>): AsyncIterable<T> {
  readings += 1;
  if (readings === 1) setFlagsFromString("--semi-space-growth-factor=1");
  try {
    yield* long;
  } finally {
    readings -= 1;
    if (readings === 0) setFlagsFromString("--semi-space-growth-factor=2");
  }
}
