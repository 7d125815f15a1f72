import assert from "node:assert/strict";
import { setTimeout as sleepMs } from "node:timers/promises";

import { Deadline } from "../../../provider/src/client/deadline";

describe("client: a deadline", () => {
  it("ends when its time is over", async () => {
    const deadline = new Deadline(5);
    await sleepMs(40);
    assert.equal(deadline.signal.aborted, true);
  });

  it("does not end while it is held", async () => {
    const deadline = new Deadline(100);
    await deadline.whileHeld(sleepMs(200));
    assert.equal(deadline.signal.aborted, false);
    deadline.end();
  });

  it("goes on with the time that was left", async () => {
    const deadline = new Deadline(20);
    await deadline.whileHeld(sleepMs(40));
    await sleepMs(60);
    assert.equal(deadline.signal.aborted, true);
  });

  it("is held until the last that holds it is done", async () => {
    const deadline = new Deadline(100);
    await Promise.all([deadline.whileHeld(sleepMs(5)), deadline.whileHeld(sleepMs(200))]);
    assert.equal(deadline.signal.aborted, false);
    deadline.end();
  });

  it("goes on after what it was held for has failed", async () => {
    const deadline = new Deadline(5);
    await assert.rejects(deadline.whileHeld(Promise.reject(new Error("no"))), /no/);
    await sleepMs(40);
    assert.equal(deadline.signal.aborted, true);
  });

  it("never ends once it is no longer needed", async () => {
    const deadline = new Deadline(5);
    deadline.end();
    await sleepMs(40);
    assert.equal(deadline.signal.aborted, false);
  });
});
