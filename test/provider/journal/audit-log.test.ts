import { strict as assert } from "node:assert";

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
});
