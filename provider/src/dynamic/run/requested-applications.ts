import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { messageOf } from "../../client/text";
import { customerOf } from "../../names/resource-name";
import { slotSchema } from "../../names/slot";
import type { Properties } from "../engine/inputs";
import type { RunRecord } from "./recorder";

/*
 * What a run does when the engine requests an application. Only an `up` requests one: a `refresh` and a `destroy` run the
 * program, too, and it cannot tell the difference otherwise.
 */

/** Notifies the program of this run that the engine has requested a resource. */
export function noteAsked(inputs: Properties): void {
  const { data } = slotSchema.safeParse(inputs["slot"]);
  if (data?.asked === undefined) return;
  try {
    mkdirSync(path.dirname(data.asked), { recursive: true, mode: 0o700 });
    writeFileSync(data.asked, "");
  } catch (error) {
    console.warn(
      `warning: could not record this update's settings for ${data.name}, so the next plan shows them as changed: ${messageOf(error)}`,
    );
  }
}

/** The changes of customers that this run's program has announced. */
export class CustomerChanges {
  readonly #record: RunRecord;
  /** The applications that the engine has requested in this run, by the change of their customer. */
  readonly #arrived = new Map<string, Set<string>>();

  constructor(record: RunRecord) {
    this.#record = record;
  }

  /**
   * Records that a change of a customer is done, once the engine has requested all of its applications: each
   * depends on its secret, and so is requested when the secret is as declared. Only an `up` does that: a
   * change announced by a `refresh` or a `destroy` with `--run-program` stays open.
   */
  async noteArrived(inputs: Properties): Promise<void> {
    const { data } = slotSchema.safeParse(inputs["slot"]);
    if (data?.change === undefined) return;
    const { name, change } = data;
    const slots = this.#arrived.get(change.intent) ?? new Set<string>();
    this.#arrived.set(change.intent, slots);
    if (slots.has(name)) return;
    slots.add(name);
    if (slots.size !== change.applications) return;
    await this.#record.endIntent(data, change.intent, { outcome: "changed" }).catch((error: unknown) => {
      console.warn(
        `warning: the change of customer ${customerOf(name)} is done, but could not be recorded: ${messageOf(error)}`,
      );
    });
  }
}
