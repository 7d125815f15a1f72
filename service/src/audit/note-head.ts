import { genesis, type NotedHeads } from "pulumi-resistant-tenants/internal/journal";

import type { ServiceContext } from "../context";
import { write } from "../records/database";
import { append, headOf } from "./chain";
import { type EventsVerified, verifyEvents } from "./verify";

/**
 * Writes the end of the chain to places outside the database, so that the database's owner cannot rewrite the
 * chain unnoticed.
 */
export class HeadNoter {
  #last: string | undefined;

  constructor(
    private readonly context: Pick<ServiceContext, "database" | "now">,
    private readonly heads: NotedHeads,
  ) {}

  /** Writes the end, if it has moved. */
  async note(): Promise<void> {
    const head = await headOf(this.context.database);
    if (head.hash === genesis.hash || head.hash === this.#last) return;
    await this.heads.note(head, this.context.now());
    this.#last = head.hash;
  }

  /** Verifies the chain against all written ends. A broken chain is an event. */
  async verify(): Promise<EventsVerified> {
    const noted: string[] = [];
    for await (const hash of this.heads.hashes()) noted.push(hash);
    const verified = await verifyEvents(this.context, noted);
    if (!verified.isWhole) {
      const data = { defects: verified.defects.slice(0, 10) };
      await write(this.context, (writing) => append(this.context, writing, { kind: "chainBroken", data }));
    }
    return verified;
  }
}
