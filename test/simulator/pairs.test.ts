import { exhaustiveTag } from "../suites";
import { useWarnings } from "../support/warnings";
import { assertSoundPairs } from "./sound";

describe("every pair of faults", function () {
  useWarnings();

  it(`loses nothing and doubles nothing ${exhaustiveTag}`, async function () {
    this.timeout(6 * 60 * 60_000);
    await assertSoundPairs({}, console.error);
  });
});
