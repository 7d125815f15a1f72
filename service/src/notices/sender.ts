import { setTimeout as sleep } from "node:timers/promises";

import { append } from "../audit/chain";
import type { ServiceContext } from "../context";
import { write } from "../records/database";
import { factsOf } from "./mail/facts";
import type { Mailer } from "./mail/smtp";
import { wordsOf } from "./mail/words";
import {
  type Channel,
  claimNotice,
  deleteOldNotices,
  type End,
  type Notice,
  type Outcome,
  postponeNotice,
  settleNotice,
} from "./outbox";
import { remind } from "./remind";
import { deliver, type Endpoint } from "./webhook/deliver";

type Needed = Omit<ServiceContext, "jobs">;

/** The options of a sender. */
export interface SenderOptions {
  context: Needed;
  /** Default: no mail is sent. */
  mailer?: Mailer | undefined;
  endpoints: readonly Endpoint[];
  /** Called with the result of each attempt. */
  onAttempt: (notice: Notice, how: End | "later") => void;
  /** Called with problems outside of notices. */
  onProblem: (what: string, error: unknown) => void;
  /** Attempts to call a webhook. Default: {@link deliver}. */
  call?: typeof deliver;
}

const second = 1_000;
const hour = 3_600 * second;

/** The delays after failed calls of a webhook, in milliseconds: over three days in all, as Standard Webhooks advises. */
const webhookDelays = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400].map(
  (one) => one * second,
);

/** Returns the delay after a failed attempt to send a mail. */
function mailDelay(attempts: number): number {
  return Math.min(30 * second * 2 ** Math.min(attempts - 1, 10), hour);
}

/** The intervals for sending, reminding and deleting, in milliseconds. */
const every = { sending: second, reminding: 60 * second, deleting: 24 * hour } as const;

/** Sends the notices in the outbox. Several workers share it. */
export class NoticeSender {
  readonly #ends = new AbortController();
  readonly #loops: Promise<void>[] = [];
  /** Until when receivers asked to be left alone, by name: milliseconds since 1970. */
  readonly #leftAlone = new Map<string, number>();

  constructor(private readonly options: SenderOptions) {}

  /** Starts to send periodically. */
  start(): this {
    this.#loop("mail", every.sending, () => this.sendDue("mail"));
    this.#loop("webhooks", every.sending, () => this.sendDue("webhook"));
    this.#loop("reminders", every.reminding, () => remind(this.options.context));
    this.#loop("old notices", every.deleting, () => deleteOldNotices(this.options.context));
    return this;
  }

  /** Attempts to send each due notice once. A server that refuses one is left alone for this round. */
  async sendDue(channel: Channel): Promise<void> {
    if (channel === "mail" && this.options.mailer === undefined) return;
    const now = this.options.context.now().getTime();
    const down = [...this.#leftAlone].filter(([, until]) => until > now).map(([name]) => name);
    while (!this.#ends.signal.aborted) {
      const notice = await claimNotice(this.options.context, channel, down);
      if (notice === undefined) return;
      const outcome = await this.#attempt(notice);
      if (outcome?.how !== "later" || !outcome.isDown) continue;
      if (notice.endpoint === null) return;
      down.push(notice.endpoint);
      if (outcome.afterMs !== undefined) this.#leftAlone.set(notice.endpoint, now + outcome.afterMs);
    }
  }

  async close(): Promise<void> {
    this.#ends.abort();
    await Promise.all(this.#loops);
    this.options.mailer?.close();
  }

  async #attempt(notice: Notice): Promise<Outcome | undefined> {
    const { context, onAttempt, onProblem } = this.options;
    let outcome: Outcome | undefined;
    try {
      outcome = notice.channel === "mail" ? await this.#mail(notice) : await this.#call(notice);
    } catch (error) {
      onProblem(`notice ${notice.topic}`, error);
      outcome = { how: "later", problem: "failed", isDown: false };
    }
    if (outcome === undefined || outcome.how === "sent") {
      const end = outcome === undefined ? "superseded" : "sent";
      await settleNotice(context, context.database, notice, end);
      onAttempt(notice, end);
      return outcome;
    }
    const delay = outcome.how === "refused" ? undefined : this.#delay(notice);
    if (delay === undefined) {
      await giveUp(context, notice, outcome.problem);
      onAttempt(notice, "failed");
    } else {
      const asked = outcome.how === "later" ? (outcome.afterMs ?? 0) : 0;
      await postponeNotice(context, notice, Math.max(delay, asked), outcome.problem);
      onAttempt(notice, "later");
    }
    return outcome;
  }

  /** How long to wait for the next attempt; undefined if there is none. */
  #delay({ channel, attempts, created_at: createdAt }: Notice): number | undefined {
    if (channel === "webhook") return webhookDelays[attempts - 1];
    const { now, settings } = this.options.context;
    const age = now().getTime() - createdAt.getTime();
    return age > (settings.mail?.giveUpAfterHours ?? 0) * hour ? undefined : mailDelay(attempts);
  }

  /** @returns undefined if it need not be sent any more */
  async #mail(notice: Notice): Promise<Outcome | undefined> {
    const { context, mailer } = this.options;
    const receiver = await context.database
      .selectFrom("people")
      .selectAll()
      .where("id", "=", notice.person_id ?? "")
      .executeTakeFirst();
    // A machine has no address, nor does a person whose data was deleted.
    if (receiver?.email == null || mailer === undefined) return undefined;
    const facts = await factsOf(context, notice, receiver);
    if (facts === undefined) return undefined;
    const host = new URL(context.settings.url).hostname;
    return await mailer.send({
      ...wordsOf(facts),
      topic: facts.topic,
      to: receiver.email,
      messageId: `<${notice.id}@${host}>`,
      ...(notice.request_id === null ? {} : { thread: `<${notice.request_id}@${host}>` }),
    });
  }

  async #call(notice: Notice): Promise<Outcome> {
    const { context, endpoints, call = deliver } = this.options;
    const endpoint = endpoints.find(({ name }) => name === notice.endpoint);
    if (endpoint === undefined) return { how: "refused", problem: "notInTheSettings" };
    const { key, body, seal } = notice;
    // Someone who has only the database can write a message, but no seal for it.
    if (context.seals?.holds({ endpoint: endpoint.name, key, body }, seal) !== true)
      return { how: "refused", problem: "notSealed" };
    // The key is the channel, the event's id, and the receiver: see `putNotices`.
    const id = key.split(" ")[1] ?? notice.id;
    return await call(endpoint, { id, body }, { now: context.now });
  }

  #loop(what: string, milliseconds: number, act: () => Promise<void>): void {
    const run = async (): Promise<void> => {
      while (!this.#ends.signal.aborted) {
        try {
          await act();
        } catch (error) {
          this.options.onProblem(what, error);
        }
        await sleep(milliseconds, undefined, { signal: this.#ends.signal }).catch(() => undefined);
      }
    };
    this.#loops.push(run());
  }
}

/** Records an undeliverable notice, which administrators then see. */
async function giveUp(context: Needed, notice: Notice, problem: string): Promise<void> {
  await write(context, async (writing) => {
    await settleNotice(context, writing, notice, "failed", problem);
    await append(context, writing, {
      kind: "noticeNotDelivered",
      requestId: notice.request_id ?? undefined,
      data: {
        notice: notice.id,
        channel: notice.channel,
        topic: notice.topic,
        ...(notice.person_id === null ? {} : { person: notice.person_id }),
        ...(notice.endpoint === null ? {} : { webhook: notice.endpoint }),
        problem,
      },
    });
  });
}
