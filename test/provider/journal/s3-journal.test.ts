import { strict as assert } from "node:assert";
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

import { openS3Journal } from "../../../provider/src/journal";
import { awsHere, useAwsEnvironment } from "../../support/aws-environment";
import { useServer } from "../../support/http-server";
import { mentioning } from "../../support/mentions";
import { intent } from "./events";

/** As much of S3 as a journal needs: objects by their path, and what a test has to say on a PUT. */
class Bucket {
  readonly objects = new Map<string, string>();
  puts = 0;
  /** Does something else about a PUT; true where it is settled by that. */
  onPut: (path: string, body: string, request: IncomingMessage) => boolean = () => false;

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "", "http://localhost");
    const path = decodeURIComponent(url.pathname);
    response.setHeader("content-type", "application/xml");
    if (request.method === "PUT") {
      this.puts += 1;
      const body = await text(request);
      if (this.onPut(path, body, request)) return;
      assert.equal(request.headers["if-none-match"], "*");
      if (this.objects.has(path)) {
        response.statusCode = 412;
        response.end("<Error><Code>PreconditionFailed</Code><Message>It is there.</Message></Error>");
        return;
      }
      this.objects.set(path, body);
      response.setHeader("etag", '"stored"');
      response.end();
    } else if (url.searchParams.get("list-type") === "2") {
      const keys = [...this.objects.keys()].map((known) => known.replace("/journals/", ""));
      const contents = keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join("");
      response.end(`<ListBucketResult><KeyCount>${keys.length}</KeyCount>${contents}</ListBucketResult>`);
    } else {
      response.end(this.objects.get(path));
    }
  }
}

describe("a journal in S3", () => {
  const server = useServer();
  useAwsEnvironment(() => server.url().origin);
  let bucket: Bucket;

  beforeEach(() => {
    bucket = new Bucket();
    server.answerWith((request, response) => void bucket.answer(request, response));
  });

  it("has an event on record although the answer was lost", async () => {
    bucket.onPut = (path, body, request) => {
      if (bucket.puts > 1) return false;
      bucket.objects.set(path, body);
      request.socket.destroy();
      return true;
    };
    const journal = openS3Journal("s3://journals/tenants", awsHere());
    const first = await journal.append(intent("create"));
    const second = await journal.append(intent("create"));
    assert.equal(bucket.puts, 3);
    assert.equal(second.event.sequence, 2);
    assert.deepEqual(await openS3Journal("s3://journals/tenants", awsHere()).read(), [
      first.event,
      second.event,
    ]);
  });

  it("refuses an event in whose place there is another", async () => {
    bucket.onPut = (path) => {
      bucket.objects.set(path, "{}");
      return false;
    };
    await assert.rejects(openS3Journal("s3://journals/tenants", awsHere()).append(intent("create")), {
      name: "PreconditionFailed",
    });
    assert.deepEqual([...bucket.objects.values()], ["{}"]);
  });

  for (const [code, status] of [
    ["PermanentRedirect", 301],
    ["AuthorizationHeaderMalformed", 400],
  ] as const)
    it(`is found in the region of its bucket, also by requests at the same time: ${code}`, async () => {
      const regions: string[] = [];
      server.answerWith((request, response) => {
        const [, , region = ""] = String(request.headers["authorization"]).split("/");
        regions.push(region);
        if (region === "us-west-2") return void bucket.answer(request, response);
        request.resume();
        response.writeHead(status, { "content-type": "application/xml", "x-amz-bucket-region": "us-west-2" });
        response.end(`<Error><Code>${code}</Code><Message>Elsewhere.</Message></Error>`);
      });
      const journal = openS3Journal("s3://journals/tenants", awsHere());
      const made = [await journal.append(intent("create")), await journal.append(intent("create"))];
      assert.equal(regions.filter((region) => region !== "us-west-2").length, 1);
      const again = openS3Journal("s3://journals/tenants", awsHere());
      const reads = await Promise.all([again.read(), again.read(), again.entries()]);
      for (const found of reads.slice(0, 2))
        assert.deepEqual(
          found,
          made.map(({ event }) => event),
        );
    });

  for (const page of ["", "<html><body>Sign in to the network</body></html>"])
    it(`is neither empty nor written if something else than S3 answers 200: "${page}"`, async () => {
      const journal = openS3Journal("s3://journals/tenants", awsHere());
      server.answerWith((request, response) => {
        request.resume();
        response.writeHead(200, { "content-type": "text/html" });
        response.end(page);
      });
      const notOfS3 = { code: "NOT_THE_API" };
      await assert.rejects(journal.read(), notOfS3);
      server.answerWith((request, response) => {
        if (request.method !== "PUT") return void bucket.answer(request, response);
        request.resume();
        response.writeHead(200, { "content-type": "text/html" });
        response.end(page);
      });
      await assert.rejects(
        openS3Journal("s3://journals/tenants", awsHere()).append(intent("create")),
        notOfS3,
      );
      assert.equal(bucket.objects.size, 0);
    });

  it("names the object that it cannot read", async () => {
    bucket.objects.set("/journals/tenants/odd.json", "{}");
    await assert.rejects(
      openS3Journal("s3://journals/tenants", awsHere()).read(),
      mentioning("s3://journals/tenants/odd.json:1"),
    );
  });
});
