import assert from "node:assert/strict";

import { type Api, apiOf, makeApplication, makeTenant, pageSchema, tenantSchema, useSandbox } from "./client";

describe("sandbox: tenants", () => {
  const sandbox = useSandbox({ quota: 100 });
  let api: Api;

  before(async () => {
    api = await apiOf(sandbox());
  });

  it("answers 201 with the tenant's location", async () => {
    const { status, headers, json } = await api("POST", "/tenants", { name: "located" });
    assert.deepEqual([status, headers.get("location")], [201, `/v0/tenants/${tenantSchema.parse(json).id}`]);
  });

  it("gives a tenant the cell eu-1 by default", async () => {
    const { json } = await api("POST", "/tenants", { name: "defaulted" });
    assert.deepEqual(tenantSchema.parse(json).cells, ["eu-1"]);
  });

  it("dates a tenant in ISO 8601", async () => {
    const { json } = await api("POST", "/tenants", { name: "dated" });
    const { created } = json as { created: string };
    assert.equal(new Date(created).toISOString(), created);
  });

  it("refuses a name that is taken", async () => {
    await api("POST", "/tenants", { name: "taken" });
    const { status, json } = await api("POST", "/tenants", { name: "taken" });
    assert.deepEqual([status, Object.keys(json as object)], [409, ["message"]]);
  });

  it("creates one tenant for many concurrent creates with one name", async () => {
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => api("POST", "/tenants", { name: "raced" })),
    );
    assert.equal(replies.filter(({ status }) => status === 201).length, 1);
  });

  it("frees the name of a deleted tenant", async () => {
    const { json } = await api("POST", "/tenants", { name: "freed" });
    await api("DELETE", `/tenants/${tenantSchema.parse(json).id}`);
    assert.equal((await api("POST", "/tenants", { name: "freed" })).status, 201);
  });

  for (const name of ["", "Acme", "acme-1", "acme_1", "a".repeat(62), "acme\n"]) {
    it(`refuses the name ${JSON.stringify(name)}`, async () => {
      assert.equal((await api("POST", "/tenants", { name })).status, 400);
    });
  }

  it("accepts a name of 61 characters", async () => {
    assert.equal((await api("POST", "/tenants", { name: "a".repeat(61) })).status, 201);
  });

  it("refuses a cell that the testing stage does not have", async () => {
    assert.equal((await api("POST", "/tenants", { name: "elsewhere", cells: ["us-1"] })).status, 400);
  });

  it("fetches a tenant as it was created", async () => {
    const { json } = await api("POST", "/tenants", { name: "fetched" });
    assert.deepEqual((await api("GET", `/tenants/${tenantSchema.parse(json).id}`)).json, json);
  });

  for (const method of ["GET", "DELETE"]) {
    it(`answers 404 to ${method} of an unknown tenant`, async () => {
      assert.equal((await api(method, "/tenants/5b1cf6ab-6ac5-4a9e-9e8c-6d8e7a0c1f00")).status, 404);
    });
  }

  it("answers 404 to the second delete of a tenant", async () => {
    const path = `/tenants/${await makeTenant(api)}`;
    const statuses = [(await api("DELETE", path)).status, (await api("DELETE", path)).status];
    assert.deepEqual(statuses, [204, 404]);
  });

  it("refuses to delete a tenant that has applications", async () => {
    const { tenantId } = await makeApplication(api);
    assert.equal((await api("DELETE", `/tenants/${tenantId}`)).status, 409);
  });

  it("keeps the tenant that it refused to delete", async () => {
    const { tenantId } = await makeApplication(api);
    await api("DELETE", `/tenants/${tenantId}`);
    assert.equal((await api("GET", `/tenants/${tenantId}`)).status, 200);
  });

  it("deletes a tenant once its applications are deleted", async () => {
    const { tenantId, path } = await makeApplication(api);
    await api("DELETE", path);
    assert.equal((await api("DELETE", `/tenants/${tenantId}`)).status, 204);
  });
});

describe("sandbox: quota", () => {
  const sandbox = useSandbox({ quota: 2 });
  let api: Api;

  before(async () => {
    api = await apiOf(sandbox());
    await makeTenant(api);
    await makeTenant(api);
  });

  it("answers 403 past the quota", async () => {
    const { status, json } = await api("POST", "/tenants", { name: "onetoomany" });
    assert.deepEqual([status, Object.keys(json as object)], [403, ["message"]]);
  });

  it("creates further tenants once the quota is raised", async () => {
    sandbox().control.configure({ quota: 3 });
    assert.equal((await api("POST", "/tenants", { name: "allowed" })).status, 201);
  });
});

describe("sandbox: pages of tenants", () => {
  const sandbox = useSandbox({ quota: 200 });
  const ids: string[] = [];
  let api: Api;

  before(async () => {
    api = await apiOf(sandbox());
    for (let index = 0; index < 45; index += 1) {
      ids.push(await makeTenant(api));
    }
  });

  async function pages(first: string): Promise<string[][]> {
    const found: string[][] = [];
    for (let href: string | undefined = first; href !== undefined;) {
      const page = pageSchema.parse((await api("GET", href)).json);
      found.push(page.items.map(({ id }) => id));
      href = page._links.next?.href;
    }
    return found;
  }

  it("lists 20 on a page by default", async () => {
    assert.deepEqual(
      (await pages("/tenants")).map(({ length }) => length),
      [20, 20, 5],
    );
  });

  it("lists each tenant once over all pages", async () => {
    assert.deepEqual((await pages("/tenants?limit=7")).flat().sort(), ids.toSorted());
  });

  it("has no next page after a last one that is full", async () => {
    assert.deepEqual(
      (await pages("/tenants?limit=15")).map(({ length }) => length),
      [15, 15, 15],
    );
  });

  it("links the next page by a path relative to the API", async () => {
    const { _links } = pageSchema.parse((await api("GET", "/tenants?limit=3")).json);
    assert.match(_links.next?.href ?? "", /^\/tenants\?limit=3&after_id=[0-9a-f-]{36}$/);
  });

  it("continues after a tenant that was deleted in the meantime", async () => {
    const { items, _links } = pageSchema.parse((await api("GET", "/tenants?limit=10")).json);
    const last = items.at(-1)?.id ?? "";
    sandbox().control.deleteTenant(last);
    const rest = (await pages(_links.next?.href ?? "")).flat();
    assert.deepEqual(
      [...items.map(({ id }) => id), ...rest].toSorted(),
      ids.toSorted(),
      "the other pages miss a tenant",
    );
  });

  for (const query of ["limit=0", "limit=-1", "limit=ten", "limit=1.5", "limit=1&limit=2", "page=2"]) {
    it(`refuses ?${query}`, async () => {
      assert.equal((await api("GET", `/tenants?${query}`)).status, 400);
    });
  }
});

describe("sandbox: Web UI links", () => {
  const sandbox = useSandbox({ stage: "production", organization: "partner" });
  let api: Api;

  before(async () => {
    api = await apiOf(sandbox());
  });

  async function links(name: string): Promise<unknown> {
    const { json } = await api("POST", "/tenants", { name, cells: ["us-1", "eu-1"] });
    return (json as { _links?: Record<string, unknown> })._links?.["documents-ui"];
  }

  it("are an array of bare host names", async () => {
    assert.deepEqual(await links("array"), [
      { href: "array-partner.documents.resistant.ai", rel: "eu-1" },
      { href: "array-partner.us-1.documents.resistant.ai", rel: "us-1" },
    ]);
  });

  it("are an object if asked for", async () => {
    sandbox().control.configure({ uiLinks: "object" });
    assert.deepEqual(await links("object"), {
      "eu-1": { href: "object-partner.documents.resistant.ai", rel: "eu-1" },
      "us-1": { href: "object-partner.us-1.documents.resistant.ai", rel: "us-1" },
    });
  });

  it("are absent if asked for", async () => {
    sandbox().control.configure({ uiLinks: "none" });
    assert.equal(await links("none"), undefined);
  });
});
