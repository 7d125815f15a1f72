import { strict as assert } from "node:assert";

import { z } from "zod";

import { mentions } from "../support/mentions";
import { acme, globex } from "./customers";
import { StackUnderTest } from "./engine";

const answerSchema = z.object({
  credentials: z.array(
    z.object({
      slot: z.string(),
      running: z
        .object({
          generation: z.number(),
          clientId: z.string(),
          ageInDays: z.number(),
          nextRotation: z.string().optional(),
        })
        .optional(),
      retiring: z.array(
        z.object({ generation: z.number(), clientId: z.string(), until: z.string().optional() }),
      ),
      overdue: z.array(z.string()),
    }),
  ),
});

const on = (date: string) => ({ TENANTS_NOW: `${date}T00:00:00Z` });

describe("tenants credentials, on the engine", function () {
  it("shows age, generation, next rotation and what is overdue, also by its exit code", async () => {
    const rotation = { every: "90d", overlap: "7d" };
    const stack = await StackUnderTest.create({
      customers: [{ ...acme, applications: [{ cell: "eu-1", rotation }] }, globex],
    });
    const tell = async (date: string) => {
      const { exitCode, stdout, stderr } = await stack.tenantsWith(
        // It needs no organization credentials.
        { ...on(date), TENANTS_PRIVATE_KEY: undefined },
        "credentials",
        "--json",
      );
      assert.notEqual(stdout, "", stderr);
      const [first, second] = answerSchema.parse(JSON.parse(stdout)).credentials;
      assert.ok(first !== undefined && second !== undefined);
      return { exitCode, first, second };
    };
    const upOn = (date: string) => stack.succeed(["up", "--yes", "--skip-preview"], { env: on(date) });

    assert.deepEqual((await tell("2026-01-01")).first, {
      slot: "acme/eu-1/default",
      retiring: [],
      overdue: [],
    });
    await upOn("2026-01-01");
    const young = await tell("2026-03-31");
    assert.equal(young.exitCode, 0);
    const oldClient = young.first.running?.clientId;
    assert.deepEqual(young.first.running, {
      generation: 1,
      clientId: oldClient,
      ageInDays: 89,
      nextRotation: "2026-04-01T00:00:00.000Z",
    });
    assert.equal(young.second.running?.nextRotation, undefined);

    const due = await tell("2026-04-01");
    assert.deepEqual([due.exitCode, due.first.overdue], [3, ["rotation (every 90d)"]]);
    await upOn("2026-04-01");
    const { stdout } = await stack.tenantsWith(on("2026-04-02"), "credentials");
    assert.match(stdout, /acme\teu-1\tdefault\t.*\t2\t1d\t2026-06-30T00:00\t1 \(.*\) until 2026-04-08T00:00/);
    assert.match(stdout, /globex\teu-1\tdefault\t.*\t1\t91d/);

    const ended = await tell("2026-04-08");
    assert.deepEqual(ended.first.retiring, [
      { generation: 1, clientId: oldClient, until: "2026-04-08T00:00:00.000Z" },
    ]);
    assert.deepEqual([ended.exitCode, ended.first.overdue.length], [3, 1]);
    mentions(ended.first.overdue[0], "generation 1");
    await stack.finish();
  });
});
