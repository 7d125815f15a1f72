export {
  eventSchema,
  type IntentEvent,
  type JournalEvent,
  type Outcome,
  type RecordedType,
  type ResultEvent,
} from "./event";
export { openFileJournal } from "./file-journal";
export { historyOf, objectIdOf, recordedIds, resultOf, type Slot, type SlotHistory } from "./history";
export type { Journal } from "./journal";
export { openS3Journal } from "./s3-journal";
