export { compareWithCopy, type ComparedCopy, type Copy } from "./against-copy";
export { type ComparedState, compareWithState, type HeldObject } from "./against-state";
export { inBatches } from "../concurrency";
export { type AuditLog, NotDeliveredError, openAuditLog } from "./audit-log";
export { genesis, type Head, hashOf, type RecordedAs, recordedAs } from "./chain";
export { type Entry, type EventEntry, eventsOf, readEntry, type ServiceEntry, unreadable } from "./entry";
export {
  eventSchema,
  type IntentEvent,
  type JournalEvent,
  type Outcome,
  type RecordedOperation,
  type RecordedType,
  type ResultEvent,
  type ServiceEvent,
} from "./event";
export { openFileJournal } from "./file-journal";
export { formerHeads, formerNamesIn, underPresentName } from "./former-names";
export {
  cutOffCreates,
  historyOf,
  isSettledLater,
  isLastCreate,
  mayBeDeleted,
  objectIdOf,
  recordedIds,
  releasedIds,
  resultOf,
  type Slot,
  type SlotHistory,
  slotOf,
} from "./history";
export { type NotedHeads, openNotedHeads } from "./heads";
export type { Journal, KnownBefore } from "./journal";
export { Memory, type RecordedCustomer, type RecordedStatus } from "./memory";
export {
  isOnDisk,
  isOnRecord,
  journalMissing,
  journalOutdated,
  journalProblem,
  type JournalPlace,
  openJournalAt,
  openJournalOf,
} from "./location";
export { type Action, appendTo, onRecord, recordIntent, type StackRecord } from "./record";
export {
  type Append,
  type Ending,
  type Intended,
  type Provenance,
  type Recording,
  type RunOnRecord,
  settleIntent,
  startRecording,
} from "./recording";
export type { ObjectOnRecord } from "./objects-on-record";
export { openS3Journal } from "./s3-journal";
export type { Defect, DefectKind } from "./defects";
export { type Verification, type VerifiedChain, Verifier, verifyJournal } from "./verify";
export type { RecordedParameters } from "./event";
