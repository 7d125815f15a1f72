import { once } from "node:events";
import { createServer, type IncomingMessage, request as forward } from "node:http";
import type { AddressInfo } from "node:net";

import { z } from "zod";

/** A call to AWS: the required right, and its resource. */
export interface AwsCall {
  /** The right's name in a policy: `secretsmanager:GetSecretValue`, `s3:PutObject`. */
  action: string;
  /** A bucket's name, a secret's name or ARN, a key's id; empty if the call has no resource. */
  resource: string;
}

/** An endpoint of AWS that forwards and records each call. */
export interface AwsRecorder {
  url: string;
  /** Returns the calls since its last call. */
  take: () => AwsCall[];
  close: () => Promise<void>;
}

const services: Readonly<Record<string, string>> = {
  secretsmanager: "secretsmanager",
  TrentService: "kms",
  Logs_20140328: "logs",
};

/** The members of a request that identify the resource, by service. */
const bodySchema = z.looseObject({
  SecretId: z.string().optional(),
  Name: z.string().optional(),
  KeyId: z.string().optional(),
  logGroupName: z.string().optional(),
  logGroupIdentifier: z.string().optional(),
});

/**
 * Starts an endpoint on loopback that forwards every call to another one and records it.
 *
 * @param target the endpoint that responds, such as moto's
 */
export async function recordAws(target: string): Promise<AwsRecorder> {
  let calls: AwsCall[] = [];
  const server = createServer((incoming, answer) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const body = Buffer.concat(chunks);
      calls.push(...callsOf(incoming, body));
      const { method, headers, url } = incoming;
      const outgoing = forward(new URL(url ?? "/", target), { method, headers }, (answered) => {
        answer.writeHead(answered.statusCode ?? 502, answered.headers);
        answered.pipe(answer);
      });
      outgoing.on("error", () => answer.destroy());
      outgoing.end(body);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take: () => {
      const taken = calls;
      calls = [];
      return taken;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function callsOf({ headers, method, url }: IncomingMessage, body: Buffer): AwsCall[] {
  const target = headers["x-amz-target"];
  if (typeof target === "string") {
    const [service = "", operation = ""] = target.split(".");
    const about = bodySchema.parse(JSON.parse(body.toString() || "{}"));
    const resource =
      about.SecretId ?? about.Name ?? about.KeyId ?? about.logGroupName ?? about.logGroupIdentifier ?? "";
    return [{ action: `${services[service] ?? service}:${operation}`, resource }];
  }
  if (/\/sts\/aws4_request/.test(headers.authorization ?? "")) {
    return [{ action: `sts:${new URLSearchParams(body.toString()).get("Action") ?? ""}`, resource: "" }];
  }
  return callsOfS3(method ?? "", new URL(url ?? "/", "http://s3"), headers["x-amz-copy-source"]);
}

/** S3's rights have other names than its operations, which depend on a request's method, path and query. */
function callsOfS3(method: string, { pathname, searchParams }: URL, copySource: unknown): AwsCall[] {
  const [bucket = "", ...key] = pathname.slice(1).split("/");
  const isObject = key.join("/") !== "";
  const call = (action: string): AwsCall => ({ action: `s3:${action}`, resource: bucket });
  if (!isObject && method === "POST" && searchParams.has("delete")) return [call("DeleteObject")];
  if (!isObject && searchParams.has("versioning")) return [call("GetBucketVersioning")];
  if (!isObject && searchParams.has("versions")) return [call("ListBucketVersions")];
  if (!isObject && searchParams.has("location")) return [call("GetBucketLocation")];
  if (!isObject)
    return [call(method === "GET" || method === "HEAD" ? "ListBucket" : `${method} ${pathname}`)];
  if (method === "PUT" && typeof copySource === "string") return [call("GetObject"), call("PutObject")];
  const actions: Readonly<Record<string, string>> = {
    GET: "GetObject",
    HEAD: "GetObject",
    PUT: "PutObject",
    DELETE: "DeleteObject",
  };
  return [call(actions[method] ?? `${method} ${pathname}`)];
}
