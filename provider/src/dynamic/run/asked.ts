import { writeFileSync } from "node:fs";

import { messageOf } from "../../client/text";
import { slotSchema } from "../../names/slot";
import type { Properties } from "../engine/inputs";

/**
 * Notifies the program of this run that the engine has requested a resource, which happens only in an `up`: a
 * `refresh` and a `destroy` run the program, too, and it cannot tell the difference otherwise.
 */
export function noteAsked(inputs: Properties): void {
  const { data } = slotSchema.safeParse(inputs["slot"]);
  if (data?.asked === undefined) return;
  try {
    writeFileSync(data.asked, "");
  } catch (error) {
    console.warn(
      `warning: could not record this update's settings for ${data.name}, so the next plan shows them as changed: ${messageOf(error)}`,
    );
  }
}
