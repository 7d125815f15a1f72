import type { IntentEvent, RecordedOperation } from "./event";

/**
 * An intent that is stored as its text and seldom read: as an object it would take several times the memory,
 * and a long journal has as many at a time as its stack has objects.
 */
export class KeptIntent {
  readonly id: string;
  readonly operation: RecordedOperation;
  readonly #text: Buffer;

  constructor(intent: IntentEvent) {
    this.id = intent.id;
    this.operation = intent.operation;
    this.#text = Buffer.from(JSON.stringify(intent));
  }

  /** Returns the intent as the journal has it. */
  read(): IntentEvent {
    return JSON.parse(this.#text.toString()) as IntentEvent;
  }
}
