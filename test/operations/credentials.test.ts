import { strict as assert } from "node:assert";

import { toCredentials } from "../../operations/src/credentials";
import { readConfiguration } from "../../stacks/src/configuration/configuration";

const application = "pulumi-nodejs:dynamic/resistant:TenantApplication";
const version = "aws:secretsmanager/secretVersion:SecretVersion";
const generation = "resistant:index:Generation";
const scopes = ["documents.submissions.read", "documents.submissions.write"];
const slot = "acme/eu-1/default";

/** The resources of one generation, which was created at the start of a day, and stored at once. */
function made(number: number, day: string, isStored = true) {
  const name = number === 1 ? slot : `${slot}/${number}`;
  const createdAt = `${day}T00:00:00.000Z`;
  const ids = { applicationId: `a-${number}`, clientId: `c-${number}` };
  return [
    { type: application, name, outputs: { ...ids, createdAt, scopes, authMethod: "CLIENT_SECRET" } },
    ...(isStored ? [{ type: version, name, outputs: {} }] : []),
    ...(isStored && number > 1
      ? [{ type: generation, name, outputs: { storedAt: createdAt, versionId: `v-${number}` } }]
      : []),
  ];
}

/** What is overdue at the start of a day, in words and for programs. */
async function overdueOn(day: string, resources: ReturnType<typeof made>) {
  const values = {
    stage: "testing",
    tokenUrl: "https://eu.id.resistant.ai/oauth2/server/v1/token",
    rotation: '{"every":"90d","overlap":"7d"}',
    customers: JSON.stringify([{ name: "acme", customerId: "CRM-1", cells: ["eu-1"] }]),
  };
  const read = readConfiguration(new Map(Object.entries(values)));
  assert.ok("configuration" in read);
  const { customers } = read.configuration;
  const [credential] = await toCredentials(customers, resources, Date.parse(`${day}T00:00:00Z`));
  assert.ok(credential !== undefined);
  const { overdue, overdueActions } = credential;
  return { overdue, overdueActions };
}

describe("what is overdue for an application's credentials", () => {
  it("is nothing while they are young", async () => {
    assert.deepEqual(await overdueOn("2026-03-31", made(1, "2026-01-01")), {
      overdue: [],
      overdueActions: [],
    });
  });

  it("is a rotation, with the client that it replaces, its date and its cause", async () => {
    const { overdue, overdueActions } = await overdueOn("2026-04-02", made(1, "2026-01-01"));
    assert.deepEqual(overdue, ["rotation (every 90d)"]);
    assert.deepEqual(overdueActions, [
      {
        kind: "rotation",
        generation: 1,
        applicationId: "a-1",
        clientId: "c-1",
        dueAt: "2026-04-01T00:00:00.000Z",
        why: "every 90d",
      },
    ]);
  });

  it("is the deletion of a generation whose overlap has ended, with the date of its end", async () => {
    const resources = [...made(1, "2026-01-01"), ...made(2, "2026-04-01")];
    const { overdueActions } = await overdueOn("2026-04-09", resources);
    assert.deepEqual(overdueActions, [
      {
        kind: "deletion",
        generation: 1,
        applicationId: "a-1",
        clientId: "c-1",
        dueAt: "2026-04-08T00:00:00.000Z",
      },
    ]);
  });

  it("is the completion of a generation that is not stored", async () => {
    const { overdueActions } = await overdueOn("2026-01-02", made(1, "2026-01-01", false));
    assert.deepEqual(overdueActions, [
      { kind: "completion", generation: 1, applicationId: "a-1", clientId: "c-1" },
    ]);
  });
});
