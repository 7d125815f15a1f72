import { strict as assert } from "node:assert";
import { mock } from "node:test";

import { DeletionGuard } from "../../../provider/src/dynamic/run/deletion-guard";
import { HeldObjects } from "../../../provider/src/dynamic/run/held-objects";
import { KnownObjects } from "../../../provider/src/dynamic/run/known-objects";
import { Memory } from "../../../provider/src/journal/memory";
import { assertConstant } from "../../support/linear";
import { intent, result, slot } from "../journal/events";

const nameOf = (index: number): string => `customer-${index}/eu-1/default`;
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const inputsOf = (name: string, heldId?: string): Record<string, unknown> => ({
  slot: { stack: slot.stack, name, ...(heldId === undefined ? {} : { heldId }) },
});

describe("a run of thousands of resources", () => {
  it("finds whether the stack had an object without a search among all", async () => {
    const stack = { noteDeclared: () => undefined };
    await assertConstant((count) => {
      const held = new HeldObjects(stack as never);
      for (const index of numbers(count))
        held.note("TenantApplication", inputsOf(nameOf(index), `a-${index}`));
      return () => {
        assert.ok(held.has("TenantApplication", `a-${count - 1}`));
        assert.ok(!held.has("Tenant", `a-${count - 1}`));
      };
    });
  });

  it("finds the applications of a tenant without a search among all", async () => {
    await assertConstant((count) => {
      const known = new KnownObjects({} as never);
      for (const index of numbers(count)) known.noteApplicationOfStack(`a-${index}`, `t-${index}`);
      return () => {
        assert.deepEqual(known.applicationsOfStackIn("t-3"), ["a-3"]);
        assert.ok(known.isApplicationOfStack("a-3"));
      };
    });
  });

  it("decides about each deletion without a search among all that is declared", async () => {
    const stack = { presentStackOf: () => slot.stack };
    const session = { settings: { stage: "production" } };
    const memory = { customerOf: () => "acme", statusOf: () => "active", hasSuccessor: () => false };
    const record = { rememberAll: () => Promise.resolve(memory) };
    await assertConstant((count) => {
      const guard = new DeletionGuard({ session, stack, record } as never);
      for (const index of numbers(count)) guard.noteDeclared("TenantApplication", inputsOf(nameOf(index)));
      guard.noteDeclared("TenantApplication", inputsOf("acme/eu-1/default/2"));
      const mayBeDeleted = (name: string) =>
        guard.assertMayBeDeleted(
          { slot: { name, stack: slot.stack }, tenantId: "t-1", applicationId: "a-1" } as never,
          "It",
          "production",
        );
      return async () => {
        await mayBeDeleted("acme/eu-1/default");
        await assert.rejects(mayBeDeleted("acme/eu-1/other"), /is active in stage production/);
      };
    });
  });

  it("finds what was handed over from a slot without a search among all that is on record", async () => {
    await assertConstant((count) => {
      const memory = new Memory();
      for (const index of numbers(count)) {
        for (const generation of ["", "/2"]) {
          const id = `a-${index}${generation}`;
          const of = { slot: `${nameOf(index)}${generation}`, tenantId: `t-${index}` };
          const create = intent("create", of);
          const release = intent("release", { ...of, applicationId: id });
          for (const event of [create, result(create, "made", id), release, result(release, "released", id)])
            memory.add(event);
        }
      }
      const handedOver = (name: string) => memory.handedOverFrom({ stack: slot.stack, slot: name });
      return () => {
        assert.deepEqual(handedOver(nameOf(3)), ["a-3", "a-3/2"]);
        assert.deepEqual(handedOver(`${nameOf(3)}/2`), ["a-3/2"]);
        assert.deepEqual(handedOver("customer-3/eu-1/def"), []);
        assert.ok(memory.isRecorded("TenantApplication", "a-3"));
        assert.ok(!memory.isRecorded("TenantApplication", "a-3", { stack: slot.stack, slot: nameOf(3) }));
      };
    });
  });

  it("reads only a tenant's own creates to find those without a result", () => {
    const memory = new Memory();
    for (const index of numbers(100))
      memory.add(intent("create", { slot: nameOf(index), tenantId: `t-${index}` }));
    const parse = mock.method(JSON, "parse");
    try {
      const open = memory.openCreatesIn("t-3", slot);
      assert.deepEqual(
        open.map((create) => create.slot),
        [nameOf(3)],
      );
      assert.equal(parse.mock.callCount(), 1);
    } finally {
      parse.mock.restore();
    }
  });
});
