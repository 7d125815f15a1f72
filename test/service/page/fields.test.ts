import { strict as assert } from "node:assert";

import { problemOf } from "resistant-tenants-service/http/problems";
import { emptyRow, gatherRows } from "resistant-tenants-service/page/application-fields";
import {
  emptyFields,
  type Fields,
  fieldsOfDraft,
  fieldsOfEntry,
  problemsByField,
  requestOf,
} from "resistant-tenants-service/page/fields";
import { Problem } from "resistant-tenants-service/problem";
import { etagOf } from "resistant-tenants-service/requests/stale";

import { mentions } from "../../support/mentions";

const plain = { name: "acme", customerId: "CRM-1", cells: ["eu-1"] };
const key = { kty: "EC", crv: "P-256", x: "x", y: "y" };
const rich = {
  ...plain,
  owner: "team",
  status: "deprecated",
  cells: ["eu-1", "us-1"],
  uiCells: ["eu-1"],
  adopt: "tenant-1",
  secrets: { readerRoleArns: ["arn:aws:iam::412345678901:role/reader"], recoveryWindowInDays: 7 },
  applications: [
    { cell: "eu-1", purpose: "default", scopes: ["documents.submissions.read"] },
    { cell: "eu-1", purpose: "ingest", authMethod: "EC", publicKey: key, rotation: "none" },
  ],
};

const change = (entry: object): Fields => ({
  ...fieldsOfEntry(entry, { kind: "changeCustomer", stage: "production" }),
  basedOn: "etag",
  reason: "Because",
});
const customerOf = (fields: Fields): unknown => (requestOf(fields) as { customer: unknown }).customer;
const row = (cell: string, purpose: string) => ({ ...emptyRow(), cell, purpose });

describe("the fields of the form of a request", () => {
  it("contain exactly the declaration of an unchanged customer", () => {
    const readers = { ...plain, secrets: { readerRoleArns: [] } };
    for (const entry of [plain, rich, readers]) assert.deepEqual(customerOf(change(entry)), entry);
  });

  it("are kept from an earlier request, also one sent by the API", () => {
    const entries = [plain, { ...rich, status: undefined, adopt: undefined }].map(
      (entry) => JSON.parse(JSON.stringify(entry)) as object,
    );
    for (const entry of entries) {
      const fields = fieldsOfEntry(entry, { kind: "createCustomer", stage: "production" });
      assert.deepEqual(customerOf({ ...fields, reason: "Because" }), entry);
    }
    const alike = { ...plain, applications: [{ cell: "eu-1", authMethod: "EC" }] };
    const fields = fieldsOfEntry(alike, { kind: "createCustomer", stage: "production" });
    assert.equal(fields.applications.length, 0);
    assert.deepEqual(customerOf({ ...fields, reason: "Because" }), alike);
  });

  it("add an application, and keep the implicit default one", () => {
    const fields = change(plain);
    const { applications } = customerOf({
      ...fields,
      applications: [...fields.applications, row("eu-1", "ingest")],
    }) as { applications: unknown };
    assert.deepEqual(applications, [{ cell: "eu-1" }, { cell: "eu-1", purpose: "ingest" }]);
  });

  it("remove an application, alone or with its cell, and never the last one of a cell that stays", () => {
    const fields = change(rich);
    const without = (name: string) =>
      fields.applications.map((one) => (one.was === name ? { ...one, remove: "yes" } : one));
    assert.deepEqual(
      (customerOf({ ...fields, applications: without("eu-1/ingest") }) as typeof rich).applications,
      [rich.applications[0]],
    );
    assert.deepEqual(
      (customerOf({ ...fields, cells: ["us-1"] }) as Partial<typeof rich>).applications,
      undefined,
    );
    assert.throws(
      () => customerOf({ ...fields, applications: without("us-1/default") }),
      (error: unknown) => {
        assert.ok(error instanceof Problem);
        assert.equal(error.code, "invalid");
        mentions(error.message, "us-1");
        return true;
      },
    );
  });

  it("change the scopes and the method of one application", () => {
    const fields = change(plain);
    const [first = emptyRow()] = fields.applications;
    const changed = { ...first, authMethod: "RSA", scopes: ["documents.submissions.read"] };
    assert.deepEqual((customerOf({ ...fields, applications: [changed] }) as typeof rich).applications, [
      { cell: "eu-1", authMethod: "RSA", scopes: ["documents.submissions.read"] },
    ]);
  });

  it("are collected from a browser's form, by their rows", () => {
    const sent = { name: "acme", "app-1-cell": "us-1", "app-0-cell": "eu-1", "app-0-scopes": ["a", "b"] };
    assert.deepEqual(gatherRows(sent), {
      name: "acme",
      applications: [{ cell: "eu-1", scopes: ["a", "b"] }, { cell: "us-1" }],
    });
  });

  it("report the wrong field", () => {
    const fields = {
      ...change(plain),
      applications: [row("", ""), row("eu-1", "default"), row("eu-1", "B C")],
    };
    const paths = {
      "customer.applications[1].purpose": "app-2-purpose",
      "customer.applications[0].publicKey": "app-1-more",
      "customer.applications[1]": "app-2-purpose",
      "customer.secrets.kmsKeyId": "more",
      "customer.secrets.readerRoleArns[0]": "readers",
      "customer.cells[0]": "cells",
      "customer.name": "name",
      "row[2].more": "app-2-more",
      reason: "reason",
    };
    for (const [path, field] of Object.entries(paths))
      assert.deepEqual([...problemsByField([{ path, message: "no" }], fields).keys()], [field], path);
    const empty = [{ path: "customer.name", message: '"" must not be empty' }];
    assert.deepEqual(problemsByField(empty, fields).get("name"), ["must not be empty"]);
  });

  it("accept YAML for settings without a field, and report what is wrong with it", () => {
    const fields = change(plain);
    assert.deepEqual(customerOf({ ...fields, more: "uiCells: [eu-1]" }), { ...plain, uiCells: ["eu-1"] });
    for (const more of ["a: [", "- a", "name: other", "a: &x [1]\nb: *x", "applications: []"]) {
      const found = thrownBy(() => customerOf({ ...fields, more }));
      assert.deepEqual((problemOf(found)?.more["errors"] as { path: string }[])[0]?.path, "more", more);
    }
  });

  it("of an upgrade contain the customers, each as it was shown", () => {
    const fields = {
      ...emptyFields(),
      ...({ kind: "upgrade", stage: "production", reason: "Because" } as const),
      customers: ["acme", "beta"],
      etags: JSON.stringify({ acme: "1", beta: "2", gamma: "3" }),
    };
    assert.deepEqual(requestOf(fields), {
      ...{ kind: "upgrade", stage: "production", reason: "Because", customers: ["acme", "beta"] },
      basedOn: etagOf([
        { name: "acme", etag: "1" },
        { name: "beta", etag: "2" },
      ]),
    });
    assert.throws(() => requestOf({ ...fields, customers: [] }));
  });

  it("of a draft of an earlier release keep what is declared", () => {
    const old = Object.entries(change(rich)).filter(([name]) => name !== "applications" && name !== "more");
    assert.deepEqual(customerOf(fieldsOfDraft(Object.fromEntries(old))), rich);
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}
