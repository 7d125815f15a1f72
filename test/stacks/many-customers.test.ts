import { strict as assert } from "node:assert";

import type { JournalEvent } from "../../provider/src/journal";
import {
  customerType,
  nameOfUrn,
  tenantApplicationType,
  tenantType,
} from "../../provider/src/names/resource-types";
import { readConfiguration } from "../../stacks/src/configuration/configuration";
import { heldOf } from "../../stacks/src/handover/released-customer";
import { failureReasons } from "../../stacks/src/outputs/failure-reasons";
import { describeFailedUpdate } from "../../stacks/src/outputs/failure-summary";
import { describeReport } from "../../stacks/src/plan/describe";
import { assertChangesHaveReason } from "../../stacks/src/preflight/reason";
import { findChangedCustomers, type StackBefore } from "../../stacks/src/record/customer-changes";
import { declaredOutput, toDeclared } from "../../stacks/src/record/declared-customer";
import { assertLinear } from "../support/linear";

const stack = "organization/project/prod";
const namesOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `customer${index}`);

function resource(type: string, name: string, outputs: Record<string, unknown> = {}) {
  const parents = type === customerType ? "" : `${customerType}$`;
  return { urn: `urn:pulumi:prod::project::${parents}${type}::${name}`, type, outputs };
}

/** A change of a customer's owner that an update made, without its end. */
function changeOf(customer: string): JournalEvent[] {
  const common = {
    v: 2,
    at: "2030-01-01T00:00:00.000Z",
    actor: "someone",
    stack,
    stage: "production",
    apiUrl: "https://api.example/v0",
    type: "Customer",
    operation: "change",
    slot: customer,
    tenantId: `tenant-${customer}`,
  } as const;
  const parameters = { before: { owner: "team" }, after: { owner: "others" } };
  return [
    { ...common, event: "intent", id: `intent-${customer}`, parameters },
    {
      ...common,
      event: "result",
      id: `result-${customer}`,
      intent: `intent-${customer}`,
      outcome: "changed",
      durationMs: 1,
    },
  ];
}

describe("an update of thousands of customers", () => {
  it("finds what has changed since with the record read once", async () => {
    await assertLinear((count) => {
      const names = namesOf(count);
      const values = new Map([
        ["stage", "production"],
        ["tokenUrl", "https://eu.id.resistant.ai/oauth2/server/v1/token"],
        ["clientId", "0oa1"],
        [
          "customers",
          JSON.stringify(
            names.map((name) => ({ name, customerId: `CRM-${name}`, cells: ["eu-1"], owner: "next" })),
          ),
        ],
      ]);
      const read = readConfiguration(values, {});
      assert.ok("configuration" in read, JSON.stringify(read));
      const { configuration } = read;
      const held = configuration.customers.flatMap((customer) => [
        resource(tenantType, customer.name, { tenantId: `tenant-${customer.name}` }),
        resource(customerType, customer.name, {
          [declaredOutput]: { ...toDeclared(customer, configuration.secretPrefix), owner: "team" },
        }),
      ]);
      const events = names.flatMap(changeOf);
      const journal = { read: () => Promise.resolve(events) } as unknown as StackBefore["journal"];
      return async () => {
        const found = await findChangedCustomers(configuration, configuration.customers, {
          stack,
          held,
          journal,
        });
        assert.deepEqual(
          found.map(({ changes }) => changes.before["owner"]),
          names.map(() => "others"),
        );
      };
    });
  });

  it("finds the resources of each released customer without a search among all", async () => {
    await assertLinear((count) => {
      const names = namesOf(count);
      const held = names.flatMap((name) => [
        resource(tenantType, name),
        resource(tenantApplicationType, `${name}/eu-1/default`),
      ]);
      return () => {
        for (const name of names) {
          assert.deepEqual(
            heldOf(name, held).map(({ urn }) => nameOfUrn(urn)),
            [name, `${name}/eu-1/default`],
          );
        }
      };
    });
  });

  it("compares the applications without a search among all", async () => {
    const settings = { stage: "production" } as Parameters<typeof assertChangesHaveReason>[0]["settings"];
    await assertLinear((count) => {
      const slots = namesOf(count).map((name) => `${name}/eu-1/default`);
      const held = slots.map((slot) => resource(tenantApplicationType, slot));
      return async () => {
        await assertChangesHaveReason({ settings, environment: {}, held }, slots, []);
        await assert.rejects(
          assertChangesHaveReason({ settings, environment: {}, held }, slots.slice(1), []),
          /- customer0\/eu-1\/default/,
        );
      };
    });
  });

  it("tells what failed without a search among all", async () => {
    await assertLinear((count) => {
      const names = namesOf(count);
      const failed = names.map((name) => ({ type: tenantType, name }));
      const events = names.flatMap((name): JournalEvent[] =>
        changeOf(name).map((event) => ({
          ...event,
          type: "Tenant",
          ...(event.event === "result" ? { outcome: "failed", message: `The reason of ${name}.` } : {}),
        })),
      );
      const journal = { read: () => Promise.resolve(events) } as unknown as StackBefore["journal"];
      return async () => {
        const reasons = await failureReasons(journal, failed, new Date(0));
        const told = describeFailedUpdate({
          failed,
          reasons,
          customers: count,
          declared: failed,
          held: [],
          notRecorded: new Map(),
        });
        assert.ok(told.includes(`tenant "customer${count - 1}": The reason of customer${count - 1}.`), told);
      };
    });
  });

  it("tells which changes wait without a search among all", async () => {
    await assertLinear((count) => {
      const slots = namesOf(count).map((name) => `${name}/eu-1/default`);
      const change = { field: "scopes", before: "a", after: "b", wasDeclared: false };
      const report = {
        version: 1,
        isFirst: false,
        settings: [],
        allowedHosts: [],
        declared: slots.map((subject) => ({ subject, field: "scopes", before: "a", after: "b" })),
        generations: slots.map((slot) => ({ slot, goes: [], changes: [change], waits: true })),
        consequences: [],
      } as const;
      return () => {
        assert.equal(describeReport(report as never).length, count);
      };
    });
  });
});
