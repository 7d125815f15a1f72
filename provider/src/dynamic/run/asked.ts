import { writeFileSync } from "node:fs";

import { messageOf } from "../../client/errors";
import { slotSchema } from "../../names/slot";
import type { Properties } from "../engine/inputs";

/**
 * Tells the program of this run that the engine asks for a resource, as it does in an `up` alone: a `refresh` and a
 * `destroy` run the program, too, and nothing that reaches it there is different.
 */
export function noteAsked(inputs: Properties): void {
  const { data } = slotSchema.safeParse(inputs["slot"]);
  if (data?.asked === undefined) return;
  try {
    writeFileSync(data.asked, "");
  } catch (error) {
    console.warn(
      `warning: the settings of this update could not be recorded for ${data.name}, so the next plan shows them as changed: ${messageOf(error)}`,
    );
  }
}
