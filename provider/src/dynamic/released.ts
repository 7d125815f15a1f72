import { z } from "zod";

import { actor } from "./actor";
import { type CheckFailure, checkInputs, type Properties, withoutProvider } from "./inputs";
import { reporting } from "./report";
import { refusal } from "./tenant-model";

const inputsSchema = z.strictObject({ formerUrn: z.string() });

const outputsSchema = z.object({ formerUrn: z.string(), releasedAt: z.string(), releasedBy: z.string() });

/**
 * The `Released` resource's operations. They send nothing anywhere: what it stands for is no longer this stack's, and
 * of what the state knew of it they keep the id alone.
 */
export const released = reporting({
  check(_olds: Properties, news: Properties): { inputs: Properties; failures: CheckFailure[] } {
    return { inputs: news, failures: checkInputs(inputsSchema, news) };
  },

  /** The old properties are those of the resource that is handed over, until the update has put these in their place. */
  diff(_id: string, olds: Properties): { changes: boolean; replaces: string[] } {
    return { changes: !outputsSchema.safeParse(olds).success, replaces: [] };
  },

  update(_id: string, _olds: Properties, news: Properties): { outs: Properties } {
    const { formerUrn } = inputsSchema.parse(withoutProvider(news));
    return { outs: { formerUrn, releasedAt: new Date().toISOString(), releasedBy: actor() } };
  },

  /** Is never right: the engine would next delete what it replaces. It deletes nothing once a create has failed. */
  create(inputs: Properties): never {
    throw refusal(
      `${String(inputs["formerUrn"])} is not in the state any more, or this version of Pulumi would delete it instead of forgetting it: ` +
        "nothing was changed. Run `pulumi up` once more; if it says this again, put the customer's status back and report it.",
    );
  },

  read(id: string, properties: Properties): { id: string; props: Properties } {
    return { id, props: properties };
  },

  delete(): void {
    // Nothing is at the end of it.
  },
});
