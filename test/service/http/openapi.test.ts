import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import ts from "typescript";

import { newTenant, useHttpService } from "./harness";
import { type OpenApi, writeClient } from "./openapi-client";

/** A client that was written from the document, as far as the test calls it. */
interface Client {
  createRequest(given: unknown): Promise<{ status: number; body: { id: string } }>;
  readRequest(given: unknown): Promise<{ status: number; body: { state: string } }>;
}

describe("the description of the service's API", () => {
  const service = useHttpService();
  let folder: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "resistant-tenants-openapi-"));
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it("is OpenAPI 3.1 that a client can be compiled from, which then works", async () => {
    const answer = await fetch(`${service().url}/api/v1/openapi.json`);
    const document = (await answer.json()) as OpenApi;
    assert.match(document.openapi, /^3\.1\./);
    const described = Object.entries(document.paths).flatMap(([at, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${at.replace("/api/v1", "")}`),
    );
    for (const call of [
      ...["POST /requests", "GET /requests", "GET /requests/{id}", "POST /requests/{id}/approvals"],
      ...["POST /requests/{id}/withdrawal", "POST /requests/{id}/retry", "POST /requests/{id}/break-glass"],
      ...["GET /requests/{id}/events", "GET /customers", "GET /customers/{stage}/{name}"],
      ...["GET /audit", "GET /audit/export", "GET /audit/verification", "PUT /pause"],
    ])
      assert.ok(described.includes(call), call);
    const file = path.join(folder, "client.ts");
    await writeFile(file, writeClient(document));
    const options: ts.CompilerOptions = {
      ...{ strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true },
      ...{ target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS, types: [] },
      lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    };
    const program = ts.createProgram([file], options);
    const problems = ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
    assert.deepEqual(problems, []);
    program.emit();
    const { Client: Made } = (await import(path.join(folder, "client.js"))) as {
      Client: new (origin: string, token: string) => Client;
    };
    const client = new Made(service().url, await service().token("rita"));
    const headers = { "idempotency-key": randomUUID() };
    const made = await client.createRequest({ path: {}, query: {}, headers, body: newTenant() });
    assert.equal(made.status, 201);
    const read = await client.readRequest({ path: { id: made.body.id }, query: {}, headers: {} });
    assert.deepEqual([read.status, read.body.state], [200, "previewing"]);
  });
});
