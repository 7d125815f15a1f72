import type { Ending, RecordedAs, Recording } from "../../journal/index";
import type { Intention } from "./recorder";
import type { Run } from "./run";

/** A create of one object, with its record. */
export class CreateOnRecord {
  readonly run: Run;
  #recordedAs: RecordedAs | undefined;

  constructor(run: Run) {
    this.run = run;
  }

  /** The event with the result, once the create has ended, successfully or not; undefined if unknown. */
  get recordedAs(): RecordedAs | undefined {
    return this.#recordedAs;
  }

  /**
   * Records an intent, executes it, and records its result.
   *
   * @param act executes it, and resolves with the outcome and the object
   * @throws what `act` throws, after recording it
   */
  async onRecord<T>(
    intention: Intention,
    act: (recording: Recording) => Promise<readonly [Ending, T]>,
  ): Promise<T> {
    const recording = await this.run.record.start(intention);
    try {
      const [ending, made] = await act(recording);
      this.#recordedAs = await recording.end(ending);
      return made;
    } catch (error) {
      this.#recordedAs = await recording.fail(error);
      throw error;
    }
  }
}
