import assert from "node:assert/strict";
import { type AddressInfo, createServer, type Server } from "node:net";
import { gzipSync } from "node:zlib";

import { explainConnectionProblem } from "../../../provider/src/client/connection-problem";
import { printable } from "../../../provider/src/client/text";
import { createTransport, type HttpAnswer, type Transport } from "../../../provider/src/client/transport";
import { failureOf } from "../../support/failure";
import { useServer } from "../../support/http-server";
import { mentions } from "../../support/mentions";
import { json, withAnswers } from "../../support/scripted-api";

const tenant = (change: Record<string, unknown> = {}): Record<string, unknown> => ({
  id: "t-1",
  name: "acme",
  created: "2030-01-01T00:00:00Z",
  updated: "2030-01-01T00:00:00Z",
  cells: ["eu-1"],
  ...change,
});

describe("client: a hostile answer's bytes", () => {
  const server = useServer();
  let transport: Transport | undefined;
  let raw: Server | undefined;

  beforeEach(() => {
    transport = createTransport({
      maxAnswerBytes: 100_000,
      bodyTimeoutMs: 300,
      headersTimeoutMs: 300,
      exchangeTimeoutMs: 2_000,
    });
  });
  afterEach(async () => {
    await transport?.close();
    raw?.close();
  });

  const get = (url: URL): Promise<HttpAnswer> => transport!.send({ method: "GET", url, headers: {} });

  /** Answers every connection with the same bytes, and leaves it open. */
  async function rawServer(bytes: string): Promise<URL> {
    raw = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => socket.write(bytes));
    });
    await new Promise<void>((resolve) => raw?.listen(0, "127.0.0.1", resolve));
    return new URL(`http://127.0.0.1:${(raw.address() as AddressInfo).port}/`);
  }

  it("is not read if its announced length is enormous", async () => {
    server.answerWith((_request, response) => response.end("x".repeat(200_000)));
    const error = await failureOf(get(server.url()));
    assert.deepEqual([error.code, error.isPermanent], ["NO_ANSWER", true]);
  });

  it("is not read forever if it never ends", async () => {
    server.answerWith((_request, response) => {
      const timer = setInterval(() => response.write("x".repeat(50_000)), 1);
      response.on("close", () => {
        clearInterval(timer);
      });
    });
    const error = await failureOf(get(server.url()));
    assert.deepEqual([error.code, error.isPermanent], ["NO_ANSWER", true]);
  });

  it("is not read if its headers are enormous", async () => {
    const url = await rawServer(`HTTP/1.1 200 OK\r\nx-a: ${"a".repeat(100_000)}\r\n\r\n`);
    const error = await failureOf(get(url));
    assert.deepEqual([error.code, error.isPermanent], ["NO_ANSWER", true]);
  });

  it("is no answer if it is shorter than announced", async () => {
    const url = await rawServer("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort");
    assert.equal((await failureOf(get(url))).code, "NO_ANSWER");
  });

  it("does not run into the next one if it is longer than announced", async () => {
    const second = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil";
    const url = await rawServer(`HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok${second}`);
    const bodies = [(await get(url)).body, (await get(url)).body];
    assert.deepEqual(bodies, ["ok", "ok"]);
  });

  it("is no answer if it is not HTTP", async () => {
    const error = await failureOf(get(await rawServer("SSH-2.0-OpenSSH_9.6\r\n")));
    assert.deepEqual([error.code, error.isPermanent], ["NO_ANSWER", false]);
  });

  it("is no answer with two lengths", async () => {
    const url = await rawServer("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nabc");
    assert.equal((await failureOf(get(url))).code, "NO_ANSWER");
  });

  it("is requested uncompressed", async () => {
    server.answerWith((_request, response) => response.end());
    await get(server.url());
    assert.equal(server.requests[0]?.headers["accept-encoding"], "identity");
  });

  it("is not unpacked: a bomb stays small", async () => {
    const bomb = gzipSync(Buffer.alloc(20_000_000));
    server.answerWith((_request, response) => {
      response.setHeader("content-encoding", "gzip");
      response.end(bomb);
    });
    assert.ok((await get(server.url())).body.length <= bomb.length);
  });

  it("leads nowhere else", async () => {
    server.answerWith((_request, response) => {
      response.writeHead(302, { location: server.url("/elsewhere").href });
      response.end();
    });
    assert.equal((await get(server.url())).status, 302);
    assert.equal(server.requests.length, 1);
  });

  it("comes by TLS, or not at all", async () => {
    server.answerWith((_request, response) => response.end());
    const secure = new URL(server.url().href.replace("http:", "https:"));
    const error = await failureOf(get(secure));
    // The server is asked in plain text, so that the check of this suite finds it used.
    await get(server.url());
    assert.deepEqual([error.code, error.isPermanent], ["NOT_SENT", true]);
  });
});

describe("client: why there is no connection", () => {
  const codes = {
    DEPTH_ZERO_SELF_SIGNED_CERT: ["NODE_EXTRA_CA_CERTS"],
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: ["NODE_EXTRA_CA_CERTS"],
    CERT_HAS_EXPIRED: ["certificate", "clock"],
    ERR_TLS_CERT_ALTNAME_INVALID: ["certificate", "host"],
    ERR_SSL_WRONG_VERSION_NUMBER: ["TLS", "port"],
  };
  for (const [code, explanation] of Object.entries(codes)) {
    it(`is explained, and not worth another try: ${code}`, () => {
      const { text, isPermanent } = explainConnectionProblem(Object.assign(new Error("no"), { code }));
      mentions(text, ...explanation);
      assert.equal(isPermanent, true);
    });
  }

  for (const code of ["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "UND_ERR_SOCKET"]) {
    it(`is explained, and worth another try: ${code}`, () => {
      const { text, isPermanent } = explainConnectionProblem(Object.assign(new Error(""), { code }));
      assert.ok(text.endsWith(` (${code})`) && !isPermanent, text);
    });
  }
});

describe("client: a hostile answer's contents", () => {
  const deep = 100_000;
  const nested: Record<string, string> = {
    "arrays alone": "[".repeat(deep) + "]".repeat(deep),
    "objects alone": '{"a":'.repeat(deep) + "1" + "}".repeat(deep),
  };
  for (const [what, body] of Object.entries(nested)) {
    it(`is refused if it is ${what}, a hundred thousand deep`, async () => {
      const error = await withAnswers([{ body }], ({ api }) => failureOf(api.getTenant("t-1")));
      assert.equal(error.code, "ANSWER_INVALID");
    });
  }

  it("is read if only ignored parts are nested deeply", async () => {
    const body = JSON.stringify(tenant()).replace(
      /}$/,
      `,"x":${"[".repeat(deep)}${"]".repeat(deep)},"_links":{"documents-ui":${"[".repeat(deep)}${"]".repeat(deep)}}}`,
    );
    const found = await withAnswers([{ body }], ({ api }) => api.getTenant("t-1"));
    assert.equal(found?.tenantId, "t-1");
  });

  it("is refused at once if its error is nested deeply", async () => {
    const body = `{"message":${"[".repeat(deep)}${"]".repeat(deep)}}`;
    const error = await withAnswers([{ status: 400, body }], ({ api }) => failureOf(api.getTenant("t-1")));
    assert.deepEqual([error.code, error.status], ["REFUSED", 400]);
  });

  it("is refused if it is compressed, with that reason", async () => {
    const packed = { headers: { "content-encoding": "gzip" }, body: "\u001f\u008b" };
    const error = await withAnswers([packed], ({ api }) => failureOf(api.getTenant("t-1")));
    assert.equal(error.code, "ANSWER_INVALID");
    mentions(error.message, "gzip");
  });

  it("keeps the id of the created object if it is compressed", async () => {
    const packed = {
      status: 201,
      headers: { "content-encoding": "br", location: "/tenants/t-9" },
      body: "\u0000",
    };
    const error = await withAnswers([packed], ({ api }) => failureOf(api.createTenant({ name: "acme" })));
    assert.equal(error.made?.objectId, "t-9");
  });

  for (const id of ["../t-2", "t/2", "t\u001b[31m", "t\n2", "t\u202e2", "..", ""]) {
    it(`is refused with the id "${printable(id)}", which is not repeated as it is`, async () => {
      const answer = json({ items: [tenant({ id })] });
      const error = await withAnswers([answer], ({ api }) => failureOf(api.listTenants()));
      assert.equal(error.code, "ANSWER_INVALID");
      assert.match(error.message, /"items\.0\.id"/);
      assert.doesNotMatch(error.message, /[\p{Cc}\p{Cf}]/u);
    });
  }

  it("has names that a terminal would obey escaped", async () => {
    const answer = json(tenant({ name: "\u001b[2Jacme", cells: ["eu\u0007"] }));
    const found = await withAnswers([answer], ({ api }) => api.getTenant("t-1"));
    assert.deepEqual([found?.name, found?.cells], ["\\u001b[2Jacme", ["eu\\u0007"]]);
  });

  it("is refused with a thousand pages and more, each another", async () => {
    const pages = Array.from({ length: 1_000 }, (_, index) =>
      json({ items: [], _links: { next: { href: `/tenants?after_id=t-${index}` } } }),
    );
    const error = await withAnswers(pages, ({ api }) => failureOf(api.listTenants()));
    assert.equal(error.code, "ANSWER_INVALID");
  });

  it("is refused if its pages fill the memory", async () => {
    const large = (index: number): Partial<HttpAnswer> => ({
      body: `{"items":[],"_links":{"next":{"href":"/tenants?after_id=t-${index}"}}}${" ".repeat(8_000_000)}`,
    });
    const pages = Array.from({ length: 9 }, (_, index) => large(index));
    const error = await withAnswers(pages, ({ api }) => failureOf(api.listTenants()));
    assert.equal(error.code, "ANSWER_INVALID");
  });
});
