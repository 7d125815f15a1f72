import type { JournalEvent } from "./event";

/** An append-only record of what is about to be done, and of what came of it. */
export interface Journal {
  /** Where it is, for people: a path or an `s3://` URL. */
  readonly location: string;
  /**
   * Puts an event on durable record.
   *
   * @throws when it is not certain that the event will be there after a crash
   */
  append(event: JournalEvent): Promise<void>;
  /** Reads all events, oldest first; none where there is no journal yet. */
  read(): Promise<JournalEvent[]>;
}
