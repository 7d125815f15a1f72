import type { Kysely, Transaction } from "kysely";

import type { Schema } from "./records/schema";
import type { ServiceSettings } from "./settings/settings";

/** A transaction: what a use case writes, it writes in one. */
export type Writing = Transaction<Schema>;

/** Puts work into the queue, in the transaction of what asks for it (see `work/queue.ts`). */
export interface Jobs {
  /** Has the plan of a request made. */
  plan(writing: Writing, requestId: string): Promise<void>;
  /** Has a request applied; one apply of a stack at a time, in the order of the calls. */
  apply(writing: Writing, requestId: string, stack: string): Promise<void>;
}

/** What the service's parts share in one process. It is passed down; no module holds it. */
export interface ServiceContext {
  database: Kysely<Schema>;
  settings: ServiceSettings;
  jobs: Jobs;
  now(): Date;
}
