import { setFlagsFromString } from "node:v8";

/** How many readings of long journals are under way. */
let readings = 0;

/**
 * Keeps the young part of V8's heap small while something long is read. It is doubled each time so much has outlived a
 * collection as it holds, up to 128 MB and more, although hardly anything of a journal lives on: a tenth more time takes
 * half the memory. Whoever runs the program need set nothing. This changes when V8 collects, and nothing else; the usual
 * growth (by 2) is back at the end.
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
