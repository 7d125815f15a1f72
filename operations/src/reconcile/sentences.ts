import type { IntentEvent, ResultEvent } from "pulumi-resistant-tenants/internal/journal";

/** What is said alike of tenants and of applications. */

/** An object of a finished create is on record, and in no state. */
export function recordedOnly({ outcome, at, actor }: Pick<ResultEvent, "outcome" | "at" | "actor">): string {
  return `This stack recorded it as ${outcome} (${at}, by ${actor}), but the state does not contain it`;
}

/** A create was sent. */
export function createStarted({ at, actor }: Pick<IntentEvent, "at" | "actor">): string {
  return `Its create was started ${at} by ${actor}`;
}

/** A deletion was sent. */
export const deletionUnanswered =
  "This stack started its deletion, and the answer never arrived: it is deleted.";

/** The journal has another stack's create. */
export function createdForStack(stack: string): string {
  return `The journal records that it was created for the stack ${stack}.`;
}
