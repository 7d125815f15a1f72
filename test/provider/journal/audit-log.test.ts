import { strict as assert } from "node:assert";
import { buffer } from "node:stream/consumers";

import { openAuditLog } from "../../../provider/src/journal";
import { awsHere, useAwsEnvironment } from "../../support/aws-environment";
import { useServer } from "../../support/http-server";
import { entry, intent } from "./events";

describe("the audit log", () => {
  const server = useServer();
  useAwsEnvironment(() => server.url().origin);

  it("accepts an event although the answer to creating its stream was lost", async () => {
    const operations: string[] = [];
    server.answerWith((request, response) => {
      const operation = String(request.headers["x-amz-target"]).replace(/^.*\./, "");
      operations.push(operation);
      if (operations.length === 1) {
        request.socket.destroy();
        return;
      }
      response.setHeader("content-type", "application/x-amz-json-1.1");
      if (operation === "CreateLogStream") {
        response.statusCode = 400;
        response.end('{"__type":"ResourceAlreadyExistsException","message":"The log stream is there."}');
      } else {
        response.end("{}");
      }
    });
    await openAuditLog("group", awsHere()).deliver(entry(intent("create")));
    assert.deepEqual(operations, ["CreateLogStream", "CreateLogStream", "PutLogEvents"]);
  });

  it("accepts an event into a stream that it has just created and does not find yet", async () => {
    const operations: string[] = [];
    server.answerWith((request, response) => {
      const operation = String(request.headers["x-amz-target"]).replace(/^.*\./, "");
      operations.push(operation);
      response.setHeader("content-type", "application/x-amz-json-1.1");
      if (operation === "PutLogEvents" && operations.length < 4) {
        response.statusCode = 400;
        response.end(
          '{"__type":"ResourceNotFoundException","message":"The specified log stream does not exist."}',
        );
      } else response.end("{}");
    });
    await openAuditLog("group", awsHere()).deliver(entry(intent("create")));
    assert.deepEqual(operations, ["CreateLogStream", "PutLogEvents", "PutLogEvents", "PutLogEvents"]);
  });

  it("is not empty because something else than CloudWatch answers with a success", async () => {
    server.answerWith((_request, response) => response.writeHead(204).end());
    const copies = openAuditLog("group", awsHere()).copies("org/project/prod");
    await assert.rejects(async () => {
      for await (const some of copies) assert.deepEqual(some, []);
    }, /not that of AWS CloudWatch Logs/);
  });

  it("divides large events among requests of at most 1 MiB, in their order", async () => {
    const requests: Array<{ bytes: number; messages: string[] }> = [];
    server.answerWith((request, response) => {
      void buffer(request).then((body) => {
        const { logEvents = [] } = JSON.parse(body.toString()) as { logEvents?: Array<{ message: string }> };
        const messages = logEvents.map(({ message }) => message);
        const bytes = messages.reduce((sum, message) => sum + Buffer.byteLength(message) + 26, 0);
        if (messages.length > 0) requests.push({ bytes, messages });
        response.setHeader("content-type", "application/x-amz-json-1.1");
        response.end("{}");
      });
    });
    // The readers of 300 customers change: 50 ARNs before, and 50 after.
    const readers = Array.from(
      { length: 50 },
      (_, index) => `arn:aws:iam::123456789012:role/Lesen-ü${index}`,
    );
    const parameters = { before: { readers }, after: { readers } };
    const entries = Array.from({ length: 300 }, () => entry(intent("change", { parameters })));
    const log = openAuditLog("group", awsHere());
    await log.deliverLate("organization/project/dev", entries);
    await Promise.all(entries.map((one) => log.deliver(one)));
    assert.ok(requests.every(({ bytes }) => bytes <= 1_048_576));
    const texts = entries.map(({ text }) => text);
    assert.deepEqual(
      requests.flatMap(({ messages }) => messages),
      [...texts, ...texts],
    );
  });
});
