export {
  eventSchema,
  type IntentEvent,
  type JournalEvent,
  type Outcome,
  type RecordedType,
  type ResultEvent,
} from "./event.js";
export { openFileJournal } from "./file-journal.js";
export { historyOf, objectIdOf, recordedIds, resultOf, type Slot, type SlotHistory } from "./history.js";
export type { Journal } from "./journal.js";
export { openS3Journal } from "./s3-journal.js";
