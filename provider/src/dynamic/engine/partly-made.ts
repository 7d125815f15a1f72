import { messageOf } from "../../client/errors";
import type { Properties } from "./inputs";

/**
 * Says that an object was made, and that what the API told of it is not whole. The engine then keeps it in the state,
 * where it can be completed by `update`, or deleted.
 */
export class PartlyMadeError extends Error {
  /** What the engine shows and stores in plain text: never a credential. */
  readonly reasons: string[];

  /**
   * @param id the object's id
   * @param properties what the state is to hold, the inputs and `__provider` among them
   * @param next what to do, to end a sentence
   */
  constructor(
    readonly id: string,
    readonly properties: Properties,
    cause: unknown,
    next = "run `pulumi up` again, which reads the rest",
  ) {
    super(`${messageOf(cause)} It was made, as ${id}, and is kept in the state, partly: ${next}.`, { cause });
    this.name = "PartlyMadeError";
    this.reasons = [this.message];
  }
}
