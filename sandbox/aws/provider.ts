import { ReadRequest } from "@pulumi/pulumi/proto/provider_pb";
import { main, type Provider } from "@pulumi/pulumi/provider";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

import { plain, toProperties } from "./property-values";
import type { ResourceHandler } from "./resource-handler";
import { secretHandler } from "./secret";
import { secretVersionHandler } from "./secret-version";

// A separate program: it prints its port, which PULUMI_DEBUG_PROVIDERS passes to the engine.

const handlers: Readonly<Record<string, ResourceHandler>> = {
  "aws:secretsmanager/secret:Secret": secretHandler,
  "aws:secretsmanager/secretVersion:SecretVersion": secretVersionHandler,
};

function handlerOf(urn: string): ResourceHandler {
  const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
  const handler = handlers[type];
  if (handler) return handler;
  throw new Error(
    `the sandbox's AWS provider serves ${Object.keys(handlers).join(" and ")} only: for ${type}, install the real one (pulumi plugin install resource aws)`,
  );
}

/** Serves the two Secrets Manager resources; the engine's untyped values are narrowed here, once. */
const provider: Provider = {
  version: process.env["AWS_PROVIDER_VERSION"] ?? "0.0.0",
  check: async (urn, olds: unknown, news: unknown) => {
    const name = urn.split("::").slice(3).join("::");
    return Promise.resolve(handlerOf(urn).check(name, toProperties(olds), toProperties(news)));
  },
  diff: async (_id, urn, olds: unknown, news: unknown) =>
    Promise.resolve(handlerOf(urn).diff(toProperties(olds), toProperties(news))),
  create: async (urn, inputs: unknown) => {
    const { id, outputs } = await handlerOf(urn).create(toProperties(inputs));
    return { id, outs: outputs };
  },
  read: async (id, urn, state: unknown) => {
    const known = toProperties(state);
    const found = await handlerOf(urn).read(id, known);
    if (!found) return { id: "", props: {} };
    // Inputs are needed only for an import, which has nothing but the id.
    const isImport = plain(known["region"]) === undefined;
    return { id, props: found.outputs, ...(isImport ? { inputs: found.importInputs } : {}) };
  },
  update: async (id, urn, olds: unknown, news: unknown) => ({
    outs: await handlerOf(urn).update(id, toProperties(olds), toProperties(news)),
  }),
  delete: async (id, urn, state: unknown) => {
    await handlerOf(urn).delete(id, toProperties(state));
  },
};

// It ends with the process that started it, however that one ends.
process.stdin.resume().once("end", () => process.exit(0));

acceptImports();
void main(provider, process.argv.slice(2));

/**
 * Makes this process's provider accept imports. The engine then sends an id without properties, which the
 * SDK's server reads without checking.
 */
function acceptImports(): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called on the request below
  const given = ReadRequest.prototype.getProperties;
  ReadRequest.prototype.getProperties = function (this: ReadRequest) {
    return given.call(this) ?? new Struct();
  };
}
