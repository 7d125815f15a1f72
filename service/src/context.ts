import type { Kysely } from "kysely";

import type { Schema, Writing } from "./records/schema";
import type { ServiceSettings } from "./settings/settings";
import type { ApprovalKeys } from "./signing/keys";
import type { NoticeSeals } from "./signing/notice-seal";

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
  /** The keys with which approvals are signed and verified. */
  approvals: ApprovalKeys;
  /** Seals what webhooks are told: the worker's alone. Without them nothing is told. */
  seals?: NoticeSeals | undefined;
  now: () => Date;
}
