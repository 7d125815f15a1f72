import type { Ending, RecordedAs, Recording } from "../../journal/index";
import type { Intention } from "./recorder";
import type { Run } from "./run";

/** A create of one object, on the record of its run. */
export class CreateOnRecord {
  readonly run: Run;
  #recordedAs: RecordedAs | undefined;

  constructor(run: Run) {
    this.run = run;
  }

  /** Where the result is on record, once the create has ended, well or not; undefined where that is not known. */
  get recordedAs(): RecordedAs | undefined {
    return this.#recordedAs;
  }

  /**
   * Records what is about to be done, does it, and records how it ended.
   *
   * @param act does it, and resolves with how it ended, and what came of it
   * @throws what `act` throws, once that is on record
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
