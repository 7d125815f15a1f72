import { messageOf } from "../client/errors";
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
   */
  constructor(
    readonly id: string,
    readonly properties: Properties,
    cause: unknown,
  ) {
    super(
      `${messageOf(cause)} It was made, as ${id}, and is kept in the state, partly: run \`pulumi up\` again, which reads the rest.`,
      { cause },
    );
    this.name = "PartlyMadeError";
    this.reasons = [this.message];
  }
}
