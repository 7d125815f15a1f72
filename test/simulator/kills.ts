import type { Operation } from "../../sandbox/api";
import { isAnnouncement, type Moment, recordedAs } from "../fuzz/boundaries";
import type { Passage } from "./command-life";

/** A request at which a command is killed. */
export interface KillPlace {
  operation: Operation;
  moment: Moment;
  /** What they must be about: a customer, or an application's slot; default: anything. */
  subject?: string | undefined;
  /** Which of them, from 1. */
  nth: number;
  /**
   * How long after the answer the kill comes, from 0 to 40: the answer is lost, or arrives and is not recorded, or is
   * recorded in part or as a whole, and is not saved. Of the moment `answered` only.
   */
  delayMs: number;
}

/** Tells, once, of the place at which a command is killed. */
export function killAt({
  operation,
  moment,
  subject,
  nth,
  delayMs,
}: KillPlace): (passage: Passage) => boolean {
  let seen = 0;
  let isAnswered = false;
  let isDone = false;
  const isRecorded = (passage: Passage): boolean => {
    if (passage.at !== "journal" || passage.moment !== "after") return false;
    seen += passage.written.filter((event) => isAnnouncement(event, operation, subject)).length;
    return seen >= nth;
  };
  const isReached = (passage: Passage): boolean => {
    if (moment === "recorded") return isRecorded(passage);
    if (isAnswered) return isPlaceAfterAnswer(passage, delayMs);
    if (passage.at !== "request" || passage.operation !== operation) return false;
    if (subject !== undefined && passage.subject !== subject) return false;
    if (passage.moment === "before") seen += 1;
    if (seen !== nth || passage.moment !== moment) return false;
    if (moment !== "answered") return true;
    isAnswered = true;
    // Nothing is recorded of what changes nothing.
    return recordedAs[operation] === undefined || delayMs < 10;
  };
  return (passage) => {
    if (isDone) return false;
    isDone = isReached(passage);
    return isDone;
  };
}

function isPlaceAfterAnswer(passage: Passage, delayMs: number): boolean {
  if (delayMs < 18) return passage.at === "journal" && passage.moment === "before";
  if (delayMs < 26) return passage.at === "journal" && passage.moment === "torn";
  if (delayMs < 34) return passage.at === "journal" && passage.moment === "after";
  return passage.at === "checkpoint" && passage.moment === "before";
}
