import assert from "node:assert/strict";

import { Contract } from "../../../sandbox/api/contract";
import { type Api, apiOf, makeTenant, useSandbox } from "./client";

describe("sandbox: requests that violate the contract", () => {
  const sandbox = useSandbox();
  let api: Api;

  before(async () => {
    api = await apiOf(sandbox());
  });

  const bodies: Record<string, string> = {
    "no name": "{}",
    "a name that is a number": '{"name": 1}',
    "cells that are a text": '{"name": "acme", "cells": "eu-1"}',
    "an unknown cell": '{"name": "acme", "cells": ["mars-1"]}',
    "an array": "[]",
    null: "null",
    "a text": '"acme"',
    "no JSON": "name=acme",
    nothing: "",
    "a key twice": '{"name": "acme", "name": "beta"}',
  };
  for (const [what, body] of Object.entries(bodies)) {
    it(`answers 400 {message} to a tenant whose body is or has ${what}`, async () => {
      const { status, json } = await api("POST", "/tenants", body);
      assert.deepEqual([status, Object.keys(json as object)], [400, ["message"]]);
    });
  }

  const applications: Record<string, object> = {
    "no cell": { scopes: [], auth_method: { type: "CLIENT_SECRET" } },
    "no scopes": { cell: "eu-1", auth_method: { type: "CLIENT_SECRET" } },
    "no auth_method": { cell: "eu-1", scopes: [] },
    "an unknown scope": { cell: "eu-1", scopes: ["documents.admin"], auth_method: { type: "CLIENT_SECRET" } },
  };
  for (const [what, body] of Object.entries(applications)) {
    it(`answers 400 to an application with ${what}`, async () => {
      assert.equal((await api("POST", `/tenants/${await makeTenant(api)}/applications`, body)).status, 400);
    });
  }

  for (const type of ["application/x-www-form-urlencoded", "text/plain", "application/merge-patch+json"]) {
    it(`answers 415 to ${type}`, async () => {
      const { status } = await api("POST", "/tenants", '{"name": "acme"}', { "content-type": type });
      assert.equal(status, 415);
    });
  }

  it("accepts a charset in the content type", async () => {
    const headers = { "content-type": "application/json; charset=utf-8" };
    assert.equal((await api("POST", "/tenants", '{"name": "charset"}', headers)).status, 201);
  });

  it("keeps a message within 512 characters", async () => {
    const cells = Array.from({ length: 100 }, () => "mars-1");
    const { json } = await api("POST", "/tenants", { name: "acme", cells });
    assert.equal((json as { message: string }).message.length, 512);
  });
});

describe("sandbox: answers that violate the contract", () => {
  const tenant = { id: "1", name: "acme", created: "now", updated: "now", cells: ["eu-1"] };
  let contract: Contract;

  before(async () => {
    contract = await Contract.load();
  });

  it("lets a tenant without links pass", () => {
    assert.deepEqual(contract.answerProblems("getTenant", { status: 200, body: tenant }), []);
  });

  it("names a missing field", () => {
    const body = { ...tenant, id: undefined };
    assert.match(contract.answerProblems("getTenant", { status: 200, body }).join(), /'id'/);
  });

  it("names a wrong link", () => {
    const body = { ...tenant, _links: { "documents-ui": [{ href: "host" }] } };
    assert.notDeepEqual(contract.answerProblems("getTenant", { status: 200, body }), []);
  });

  it("names a missing Location", () => {
    assert.match(contract.answerProblems("createTenant", { status: 201, body: tenant }).join(), /'location'/);
  });

  it("names a body that 204 does not have", () => {
    assert.notDeepEqual(contract.answerProblems("deleteTenant", { status: 204, body: {} }), []);
  });

  it("names a status it does not know", () => {
    assert.notDeepEqual(contract.answerProblems("getTenant", { status: 418 }), []);
  });

  it("names an error without a message", () => {
    assert.notDeepEqual(contract.answerProblems("getTenant", { status: 404, body: {} }), []);
  });
});
