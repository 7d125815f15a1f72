import assert from "node:assert/strict";

import { Deadline } from "../../../provider/src/client/deadline";
import { SimulatedClock } from "../../support/limited-server";

describe("client: a deadline", () => {
  let clock: SimulatedClock;
  beforeEach(() => {
    clock = new SimulatedClock();
  });

  const deadlineOf = (ms: number): Deadline => new Deadline(ms, clock);
  const pass = (ms: number): Promise<void> => clock.run(clock.sleep(ms));
  const hold = (deadline: Deadline, ms: number): Promise<void> =>
    clock.run(deadline.whileHeld(clock.sleep(ms)));

  it("ends when its time is over, and not before", async () => {
    const deadline = deadlineOf(100);
    await pass(99);
    assert.equal(deadline.signal.aborted, false);
    await pass(1);
    assert.equal(deadline.signal.aborted, true);
  });

  it("does not end while it is held, and continues with the remaining time", async () => {
    const deadline = deadlineOf(100);
    await pass(60);
    await hold(deadline, 1_000);
    await pass(39);
    assert.equal(deadline.signal.aborted, false);
    await pass(1);
    assert.equal(deadline.signal.aborted, true);
  });

  it("is held until the last holder is done", async () => {
    const deadline = deadlineOf(100);
    await Promise.all([hold(deadline, 5), hold(deadline, 200)]);
    assert.equal(deadline.signal.aborted, false);
    await pass(100);
    assert.equal(deadline.signal.aborted, true);
  });

  it("continues after the work that held it has failed", async () => {
    const deadline = deadlineOf(5);
    const failure = new Error("no");
    await assert.rejects(deadline.whileHeld(Promise.reject(failure)), failure);
    await pass(5);
    assert.equal(deadline.signal.aborted, true);
  });

  it("never ends once it is no longer needed", async () => {
    const deadline = deadlineOf(5);
    deadline.end();
    await pass(5);
    assert.equal(deadline.signal.aborted, false);
  });
});
