import { strict as assert } from "node:assert";

import { TenantManagementError } from "../../../provider/src/client/errors";
import { lookTwice, sharedNext, whileSettling } from "../../../provider/src/client/settling";
import { failureOf } from "../../support/failure";
import { mentions } from "../../support/mentions";

const refusal = new TenantManagementError("REFUSED", "tenant not found.", { status: 404 });

describe("client: servers that do not agree yet", () => {
  let waits: number[];
  const sleep = (delayMs: number): Promise<void> => {
    waits.push(delayMs);
    return Promise.resolve();
  };
  const isExpected = ({ status }: TenantManagementError): boolean => status === 404;
  const failing = (times: number, error: Error = refusal) => {
    let made = 0;
    return (): Promise<number> => {
      made += 1;
      return made <= times ? Promise.reject(error) : Promise.resolve(made);
    };
  };

  beforeEach(() => {
    waits = [];
  });

  it("are asked again", async () => {
    assert.equal(await whileSettling(failing(2), isExpected, "this run has made it", sleep), 3);
    assert.deepEqual(waits, [250, 500]);
  });

  it("are asked for some seconds, and then the error contains the cause", async () => {
    const error = await failureOf(
      whileSettling(failing(100), isExpected, "this run has just created the tenant", sleep),
    );
    assert.deepEqual([error.code, error.status, error.cause], ["REFUSED", 404, refusal]);
    mentions(error.message, "tenant not found", "16 s", "this run has just created the tenant");
    assert.ok(waits.reduce((sum, wait) => sum + wait, 0) < 20_000);
  });

  for (const error of [
    new TenantManagementError("REFUSED", "no", { status: 403 }),
    new TenantManagementError("NOT_THE_API", "no", { status: 404 }),
    new TenantManagementError("NO_ANSWER", "no"),
  ]) {
    it(`are not asked again after ${error.code} ${error.status ?? ""}`, async () => {
      const given = await failureOf(whileSettling(failing(1, error), isExpected, "why", sleep));
      assert.deepEqual([given, waits], [error, []]);
    });
  }

  it("are read twice, a moment apart", async () => {
    const lists = [["a"], ["a", "b"]];
    const seen = await lookTwice(() => Promise.resolve(lists.shift()), sleep);
    assert.deepEqual([seen, waits], [[["a"], ["a", "b"]], [500]]);
  });

  it("are read once if that is enough", async () => {
    const seen = await lookTwice(
      () => Promise.resolve("a"),
      sleep,
      (first) => first === "a",
    );
    assert.deepEqual([seen, waits], [["a"], []]);
  });
});

describe("client: work that is shared", () => {
  it("starts after the call, once for all callers during an earlier run", async () => {
    const begun: Array<() => void> = [];
    const ask = sharedNext(
      () =>
        new Promise<number>((resolve) =>
          begun.push(() => {
            resolve(begun.length);
          }),
        ),
    );
    const first = ask();
    await new Promise(setImmediate);
    const later = [ask(), ask()];
    assert.equal(begun.length, 1);
    begun[0]!();
    assert.equal(await first, 1);
    await new Promise(setImmediate);
    assert.equal(begun.length, 2);
    begun[1]!();
    assert.deepEqual(await Promise.all(later), [2, 2]);
  });

  it("runs again after a failure", async () => {
    const answers = [Promise.reject(new Error("no")), Promise.resolve("yes")];
    answers[0]!.catch(() => undefined);
    const ask = sharedNext(() => answers.shift()!);
    await assert.rejects(ask());
    assert.equal(await ask(), "yes");
  });
});
