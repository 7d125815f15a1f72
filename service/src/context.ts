import type { Kysely } from "kysely";

import type { Schema, Writing } from "./records/schema";
import type { ServiceSettings } from "./settings/settings";
import type { ApprovalKeys } from "./signing/keys";
import type { NoticeSeals } from "./signing/notice-seal";

/** Adds jobs to the queue, in the transaction of their cause (see `work/queue.ts`). */
export interface Jobs {
  /** Queues the planning of a request. */
  plan(writing: Writing, requestId: string): Promise<void>;
  /** Queues the apply of a request; a stack's applies run one at a time, in the order of the calls. */
  apply(writing: Writing, requestId: string, stack: string): Promise<void>;
}

/** Shared by the service's parts in one process. It is passed as an argument; no module stores it. */
export interface ServiceContext {
  database: Kysely<Schema>;
  settings: ServiceSettings;
  jobs: Jobs;
  /** The keys with which approvals are signed and verified. */
  approvals: ApprovalKeys;
  /** The seals of messages to webhooks and chats, which only the worker has. Without them no message is sent. */
  seals?: NoticeSeals | undefined;
  now: () => Date;
}
