import { strict as assert } from "node:assert";

import {
  type EventEntry,
  type Journal,
  type KnownBefore,
  Memory,
  type Outcome,
  type SlotHistory,
} from "../../../provider/src/journal";
import { recordedAs } from "../../../provider/src/journal/chain";
import { tenantApplicationType } from "../../../provider/src/names/resource-types";
import { heldBeforeOf } from "../../../provider/src/program/held-before";
import type { HeldResource } from "../../../provider/src/program/own-stack";
import { Random } from "../../fuzz/random";
import { intent, result, slot as common } from "./events";
import * as naive from "./naive-history";
import { Shelf } from "./shelf";

const seeds = 60;
const runs = 12;
const slots = ["acme/eu-1/default", "acme/us-1/default", "globex/eu-1/default", "globex/eu-1/default/2"];
const { stack, apiUrl, type } = common;

/** A stack whose updates are killed, whose state is lost or put back, and whose answers do not come. */
class Lifecycle {
  readonly shelf = new Shelf();
  #state: HeldResource[] = [];
  #older: HeldResource[][] = [];
  #next = 0;

  constructor(readonly random: Random) {}

  /** Gives what the program of the next update tells its provider. */
  known(): KnownBefore | undefined {
    const before = heldBeforeOf([...this.#state]);
    const ids = new Map(slots.map((slot) => [slot, this.held(slot)]));
    const idIn = (_type: string, slot: string): string | undefined => ids.get(slot);
    return before === undefined ? undefined : { ...before, stack, idIn };
  }

  held(slot: string): string | undefined {
    const resource = this.#state.find(({ urn }) => urn.endsWith(`::${slot}`));
    return resource?.outputs["applicationId"] as string | undefined;
  }

  /** One update: some slots are made, replaced, deleted or handed over, and it may be killed at any point. */
  async update(journal: Journal): Promise<void> {
    this.#older.push([...this.#state]);
    for (const slot of slots) {
      if (this.random.chance(55)) continue;
      if (this.random.chance(4)) return;
      const held = this.held(slot);
      if (held === undefined || this.random.chance(30)) await this.#create(journal, slot, held);
      else await this.#part(journal, slot, held);
    }
    if (this.random.chance(6)) this.#state = this.random.pick(this.#older);
    if (this.random.chance(4)) this.#state = this.#state.slice(1);
  }

  async #create(journal: Journal, slot: string, held: string | undefined): Promise<void> {
    if (this.random.chance(8)) await this.#deleteFound(journal, slot);
    const begun = intent("create", { slot, v: 2, known: [] });
    await journal.append(begun);
    if (this.random.chance(8)) return;
    if (this.random.chance(8)) await this.#deleteFound(journal, slot);
    const outcome = this.random.pick<Outcome>([
      "made",
      "made",
      "made",
      "made",
      "recovered",
      "adopted",
      "failed",
      "unknown",
    ]);
    const made = ["made", "recovered", "adopted"].includes(outcome);
    this.#next += 1;
    const id = made ? `a-${this.#next}` : undefined;
    const entry = await journal.append(result(begun, outcome, id));
    // The process may be killed before the engine has saved what it was told.
    if (id === undefined || this.random.chance(8)) return;
    this.#hold(slot, id, entry);
    if (held !== undefined) await this.#delete(journal, slot, held);
  }

  async #part(journal: Journal, slot: string, held: string): Promise<void> {
    if (this.random.chance(60)) return this.#delete(journal, slot, held);
    const begun = intent("release", { slot, applicationId: held });
    await journal.remember();
    await journal.append(begun);
    if (this.random.chance(10)) return;
    await journal.append(result(begun, this.random.chance(85) ? "released" : "failed", held));
    this.#letGo(held);
  }

  async #delete(journal: Journal, slot: string, held: string): Promise<void> {
    await journal.remember();
    const begun = intent("delete", { slot, applicationId: held });
    await journal.append(begun);
    if (this.random.chance(8)) return;
    await journal.append(
      result(begun, this.random.pick<Outcome>(["deleted", "deleted", "gone", "failed"]), held),
    );
    if (this.random.chance(90)) this.#letGo(held);
  }

  /** A create may find and delete what an earlier one, or its own first request, has created. */
  async #deleteFound(journal: Journal, slot: string): Promise<void> {
    this.#next += 1;
    await this.#delete(journal, slot, `a-${this.#next}`);
  }

  #hold(slot: string, applicationId: string, entry: EventEntry): void {
    this.#state = this.#state.filter(({ urn }) => !urn.endsWith(`::${slot}`));
    const outputs = { apiUrl, applicationId, recordedAs: recordedAs(entry) };
    this.#state.push({
      urn: `urn:pulumi:dev::project::${type}::${slot}`,
      type: tenantApplicationType,
      outputs,
    });
  }

  #letGo(id: string): void {
    this.#state = this.#state.filter(({ outputs }) => outputs["applicationId"] !== id);
  }
}

/** Gives a history with its events by their ids: what is on record of one has its place in the chain, too. */
function named(history: SlotHistory): Record<string, string> {
  if (history.kind === "clear") return { kind: "clear" };
  const { kind, intent: last, earlier } = history;
  return {
    kind,
    last: last.id,
    earlier: earlier.map(({ id }) => id).join(" "),
    lost: history.kind === "open" ? history.lost.map(({ id }) => id).join(" ") : "",
    objectId: history.kind === "made" ? history.objectId : "",
  };
}

describe("what a run remembers of a journal", () => {
  it("is the same whether it reads everything or only the events after the state's last create", async () => {
    let read = 0;
    let tails = 0;
    for (let seed = 0; seed < seeds; seed += 1) {
      const lifecycle = new Lifecycle(new Random(20_261_126, seed));
      for (let run = 0; run < runs; run += 1) {
        const { shelf } = lifecycle;
        const journal = shelf.open();
        const known = lifecycle.known();
        const heldIds = new Map(slots.map((slot) => [slot, lifecycle.held(slot)]));
        const assertSame = async (when: string): Promise<void> => {
          const where = `seed ${seed}, run ${run}, ${when}`;
          const memory = await journal.remember(known);
          for (const slot of slots) {
            const wanted = { type, stack, apiUrl, slot, heldId: heldIds.get(slot) };
            assert.deepEqual(
              named(memory.historyOf(wanted)),
              named(naive.historyOf(shelf.events, wanted)),
              `${where}, ${slot}`,
            );
          }
          assert.deepEqual(
            new Set(memory.cutOffCreates(stack).map(({ id }) => id)),
            new Set(naive.cutOffCreates(shelf.events, stack).map(({ id }) => id)),
            where,
          );
        };
        const before = shelf.reads;
        await assertSame("before");
        if (shelf.reads === before) tails += 1;
        await lifecycle.update(journal);
        await assertSame("after");
        read += shelf.reads - before;
      }
      const all = await lifecycle.shelf.open().remember();
      const { events } = lifecycle.shelf;
      for (const slot of slots) {
        const others = [...all.recordedIds(type)].filter((id) => all.isRecorded(type, id, { stack, slot }));
        assert.deepEqual(new Set(others), naive.recordedIds(events, type, { stack, slot }));
      }
      for (const id of all.recordedIds(type))
        assert.equal(all.mayBeDeleted(type, id), naive.mayBeDeleted(events, type, id), id);
      assert.deepEqual(all.recordedIds(type), naive.recordedIds(events, type));
      assert.equal(
        lifecycle.shelf.events.at(-1)?.holds ?? all.holdingOf(stack),
        all.holdingOf(stack),
        `seed ${seed}`,
      );
    }
    assert.ok(tails > seeds, `the tail was enough ${tails} times of ${seeds * runs}`);
    assert.ok(read > seeds, `all was read ${read} times`);
  });

  it("says that a slot still has its object after a replacement that failed", () => {
    const memory = new Memory();
    const create = (outcome: Outcome, applicationId?: string): void => {
      const begun = intent("create", { v: 2 });
      memory.add(begun);
      memory.add(result(begun, outcome, applicationId));
    };
    create("made", "a-1");
    const held = memory.holdingOf(stack);
    for (const outcome of ["failed", "failed"] as const) {
      create(outcome);
      assert.equal(memory.holdingOf(stack), held);
    }
    const parting = intent("delete", { v: 2, applicationId: "a-1" });
    memory.add(parting);
    assert.equal(memory.holdingOf(stack), held);
    memory.add(result(parting, "deleted", "a-1"));
    assert.equal(memory.holdingOf(stack), new Memory().holdingOf(stack));
  });
});
