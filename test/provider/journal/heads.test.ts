import { strict as assert } from "node:assert";
import { buffer } from "node:stream/consumers";

import { genesis, openNotedHeads } from "../../../provider/src/journal";
import { awsHere, useAwsEnvironment } from "../../support/aws-environment";
import { useServer } from "../../support/http-server";

const head = { hash: `sha256:${"a".repeat(64)}`, sequence: 7 };
const at = new Date("2026-11-26T12:00:00Z");

async function all(hashes: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const hash of hashes) found.push(hash);
  return found;
}

describe("the noted ends of a chain", () => {
  const server = useServer();
  useAwsEnvironment(() => server.url().origin);

  it("are objects of their own in S3, never over another, found again by their names", async () => {
    const objects = new Map<string, string>();
    server.answerWith((request, response) => {
      const [path = "", query = ""] = (request.url ?? "").split("?");
      if (request.method === "PUT") {
        assert.equal(request.headers["if-none-match"], "*");
        let body = "";
        request.on("data", (chunk: Buffer) => (body += chunk.toString()));
        request.on("end", () => {
          response.statusCode = objects.has(path) ? 412 : 200;
          objects.set(path, body);
          response.setHeader("etag", '"stored"');
          response.end(response.statusCode === 412 ? "<Error><Code>PreconditionFailed</Code></Error>" : "");
        });
      } else if (query.includes("list-type")) {
        const contents = [...objects.keys(), "/bucket/chain/other.json"]
          .map((key) => `<Contents><Key>${key.replace("/bucket/", "")}</Key><Size>1</Size></Contents>`)
          .join("");
        response.end(
          `<ListBucketResult><KeyCount>${objects.size + 1}</KeyCount>${contents}</ListBucketResult>`,
        );
      } else response.end(objects.get(path));
    });
    const heads = openNotedHeads("s3://bucket/chain", awsHere());
    await heads.note(head, at);
    await heads.note(head, new Date(at.getTime() + 1));
    assert.deepEqual([...objects.keys()], [`/bucket/chain/000000000007-${"a".repeat(64)}.json`]);
    assert.deepEqual(await all(heads.hashes()), [head.hash]);
  });

  it("are messages of a log group, whose stream is created when it is needed", async () => {
    const messages: string[] = [];
    let isThere = false;
    server.answerWith((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        const operation = String(request.headers["x-amz-target"]).split(".")[1];
        const sent = JSON.parse(body) as { logEvents?: Array<{ message: string }> };
        response.setHeader("content-type", "application/x-amz-json-1.1");
        if (operation === "PutLogEvents" && !isThere) {
          response.statusCode = 400;
          response.end(JSON.stringify({ __type: "ResourceNotFoundException", message: "no stream" }));
          return;
        }
        if (operation === "CreateLogStream") isThere = true;
        for (const { message } of sent.logEvents ?? []) messages.push(message);
        response.end(JSON.stringify({ events: messages.map((message) => ({ message })) }));
      });
    });
    const heads = openNotedHeads("log-group", awsHere());
    await heads.note(head, at);
    await heads.note({ ...head, sequence: 8, hash: genesis.hash }, at);
    assert.deepEqual(await all(heads.hashes()), [head.hash, genesis.hash]);
  });

  it("are in the region of a log group's ARN", async () => {
    const asked = new Set<string>();
    server.answerWith((request, response) => {
      const [, , region = ""] = String(request.headers["authorization"]).split("/");
      void buffer(request).then((body) => {
        const { logGroupName } = JSON.parse(String(body)) as { logGroupName: string };
        asked.add(`${logGroupName} in ${region}`);
        response.setHeader("content-type", "application/x-amz-json-1.1");
        response.end("{}");
      });
    });
    const heads = openNotedHeads("arn:aws:logs:us-west-2:123456789012:log-group:/service/heads:*", awsHere());
    await heads.note(head, at);
    assert.deepEqual(await all(heads.hashes()), []);
    assert.deepEqual([...asked], ["/service/heads in us-west-2"]);
  });
});
