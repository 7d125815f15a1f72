import { hostname } from "node:os";

import { sql } from "kysely";

import type { ServiceContext } from "../context";
import { write } from "../records/database";
import type { Writing } from "../records/schema";
import type { Session } from "./sessions";

/** How long a lease is valid without renewal, in seconds, and how often it is renewed. */
const validSeconds = 30;
const renewedEveryMs = 5_000;

/** Thrown if another worker has taken the lease: all work under it must end. */
export class LeaseLostError extends Error {
  override readonly name = "LeaseLostError";

  constructor(stack: string) {
    super(`Another worker has taken over the stack ${stack}.`);
  }
}

/** The former holder of a lease that was taken over, and what it started. */
export interface Predecessor {
  holder: string;
  /** The last engine that it started; it or its children may still run. */
  session: Session | undefined;
  /** When its lease ended. */
  expiredAt: Date;
}

/** The process that works, so that another one can find out whether it has ended. */
export interface Holder {
  name: string;
  session: Session;
}

/** The right to work on a stack, which one worker at a time has. */
export class Lease {
  readonly #lost = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    private readonly context: Pick<ServiceContext, "database">,
    readonly stack: string,
    /** One more than the previous holder's. */
    readonly fence: string,
    /** The last holder, if it did not release the lease. */
    readonly predecessor: Predecessor | undefined,
  ) {
    this.#renewLater();
  }

  /** Aborted when another worker has taken the lease, or it could not be renewed in time. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Takes the lease of a stack.
   *
   * @param isGone returns whether a holder's process has ended: then its lease need not run out
   * @returns Resolves with undefined if another worker has it.
   */
  static async take(
    context: Pick<ServiceContext, "database">,
    stack: string,
    holder: string,
    isGone: (holder: string) => Promise<boolean> = () => Promise.resolve(false),
  ): Promise<Lease | undefined> {
    return write(context, async (writing) => {
      await writing
        .insertInto("leases")
        .values({
          stack,
          fence: "0",
          holder: null,
          host: null,
          process_group: null,
          process_started: null,
          expires_at: null,
        })
        .onConflict((conflict) => conflict.column("stack").doNothing())
        .execute();
      const row = await writing
        .selectFrom("leases")
        .selectAll()
        .select(sql<boolean>`coalesce(expires_at > clock_timestamp(), false)`.as("is_valid"))
        .where("stack", "=", stack)
        .forUpdate()
        .executeTakeFirstOrThrow();
      if (row.holder !== null && row.is_valid && !(await isGone(row.holder))) return undefined;
      const fence = String(BigInt(row.fence) + 1n);
      await writing
        .updateTable("leases")
        .set({ fence, holder, expires_at: expiry })
        .where("stack", "=", stack)
        .execute();
      const { host, process_group: leader, process_started: started } = row;
      const session =
        host === null || leader === null || started === null ? undefined : { host, leader, started };
      const predecessor =
        row.holder === null
          ? undefined
          : { holder: row.holder, session, expiredAt: row.expires_at ?? new Date(0) };
      return new Lease(context, stack, fence, predecessor);
    });
  }

  /** Records which engine is about to be started. */
  async note(session: Session): Promise<void> {
    this.#lost.signal.throwIfAborted();
    const { numUpdatedRows } = await this.context.database
      .updateTable("leases")
      .set({
        host: session.host,
        process_group: session.leader,
        process_started: session.started,
        expires_at: expiry,
      })
      .where("stack", "=", this.stack)
      .where("fence", "=", this.fence)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw this.#lose();
  }

  /**
   * Ensures, in a transaction, that no one has taken the lease, and prevents it until the transaction ends.
   *
   * @throws LeaseLostError
   */
  async insist(writing: Writing): Promise<void> {
    const row = await writing
      .selectFrom("leases")
      .select("fence")
      .where("stack", "=", this.stack)
      .forUpdate()
      .executeTakeFirst();
    if (row?.fence !== this.fence) throw this.#lose();
  }

  /** Releases the lease: everything started under it has ended. */
  async release(): Promise<void> {
    clearTimeout(this.#timer);
    await this.context.database
      .updateTable("leases")
      .set({ holder: null, host: null, process_group: null, process_started: null, expires_at: null })
      .where("stack", "=", this.stack)
      .where("fence", "=", this.fence)
      .execute();
  }

  /** Restores the lease as it was found, for the worker that will clean up after its predecessor. */
  async handBack(): Promise<void> {
    clearTimeout(this.#timer);
    const { holder, expiredAt } = this.predecessor ?? { holder: null, expiredAt: null };
    await this.context.database
      .updateTable("leases")
      .set({ holder, expires_at: expiredAt })
      .where("stack", "=", this.stack)
      .where("fence", "=", this.fence)
      .execute();
  }

  #renewLater(): void {
    this.#timer = setTimeout(() => void this.#renew(), renewedEveryMs).unref();
  }

  async #renew(failures = 0): Promise<void> {
    try {
      const { numUpdatedRows } = await this.context.database
        .updateTable("leases")
        .set({ expires_at: expiry })
        .where("stack", "=", this.stack)
        .where("fence", "=", this.fence)
        .where("holder", "is not", null)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) this.#lose();
      else this.#renewLater();
    } catch {
      // The database may be unavailable for a moment; a worker that cannot renew in time stops before another
      // one starts.
      if ((failures + 2) * renewedEveryMs >= validSeconds * 1_000) this.#lose();
      else this.#timer = setTimeout(() => void this.#renew(failures + 1), renewedEveryMs).unref();
    }
  }

  #lose(): LeaseLostError {
    clearTimeout(this.#timer);
    const error = new LeaseLostError(this.stack);
    this.#lost.abort(error);
    return error;
  }
}

const expiry = sql<Date>`clock_timestamp() + make_interval(secs => ${validSeconds})`;

/** Names this process so that another one on this host can find out whether it has ended. */
export function holderName(session: Session): string {
  return `${hostname()}/${session.leader}/${session.started}`;
}

/** Parses the process in a name. */
export function sessionOfHolder(name: string): Session | undefined {
  const [host, leader, ...started] = name.split("/");
  if (host === undefined || !/^\d+$/.test(leader ?? "") || started.length !== 2) return undefined;
  return { host, leader: Number(leader), started: started.join("/") };
}
