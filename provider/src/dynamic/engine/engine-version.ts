import { createRequire } from "node:module";

import * as pulumi from "@pulumi/pulumi";
import type { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { RequirePulumiVersionRequest } from "@pulumi/pulumi/proto/engine_pb";

import { messageOf } from "../../client/text";
import { isProviderOfEngine } from "./provider-process";

/** The modules of the SDK with which a provider calls its engine. */
interface Sdk {
  EngineClient: typeof EngineClient;
  RequirePulumiVersionRequest: typeof RequirePulumiVersionRequest;
  credentials: { createInsecure: () => ConstructorParameters<typeof EngineClient>[1] };
  Metadata: new () => Parameters<EngineClient["requirePulumiVersion"]>[1] & object;
}

/** A range that no release satisfies. */
const impossible = "<0.0.1";

/** How long the engine is given to answer. */
const patienceMs = 1_500;

/**
 * Returns the version of the engine that runs this process: a program or a provider. The engine has no call that returns it, but it
 * refuses a required version and names its own. `pulumi version` would start the whole CLI, and perhaps another one.
 *
 * @throws if the engine names none in time, or no engine runs this process
 */
export async function askEngineVersion(): Promise<string> {
  if (!isProviderOfEngine())
    return versionIn(await refusalOf(pulumi.runtime.requirePulumiVersion(impossible)));
  // It is the last argument: options such as `--tracing` come before it.
  return versionOfEngineAt(process.argv.at(-1) ?? "");
}

/**
 * Asks the engine at an address: a provider's SDK does not know it.
 *
 * @throws if it names no version in time
 */
export async function versionOfEngineAt(address: string): Promise<string> {
  const sdk = loadSdk();
  const client = new sdk.EngineClient(address, sdk.credentials.createInsecure(), {
    // The engine is on this machine.
    "grpc.enable_http_proxy": 0,
  });
  try {
    const request = new sdk.RequirePulumiVersionRequest();
    request.setPulumiVersionRange(impossible);
    const deadline = Date.now() + patienceMs;
    const asked = new Promise<void>((resolve, reject) => {
      client.requirePulumiVersion(request, new sdk.Metadata(), { deadline }, (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
    return versionIn(await refusalOf(asked));
  } finally {
    client.close();
  }
}

function refusalOf(asked: Promise<void>): Promise<string> {
  return asked.then(
    () => "it accepts every version",
    (error: unknown) => messageOf(error),
  );
}

function versionIn(refusal: string): string {
  const version = /Pulumi CLI version (\S+) does not satisfy/.exec(refusal)?.[1];
  if (version === undefined) throw new Error(`The engine did not name its version: ${refusal}`);
  return version;
}

/** A client of one copy of gRPC does not accept another copy's credentials: all come from the SDK. */
function loadSdk(): Sdk {
  const ofSdk = createRequire(require.resolve("@pulumi/pulumi/package.json"));
  return {
    ...(ofSdk("./proto/engine_grpc_pb") as Pick<Sdk, "EngineClient">),
    ...(ofSdk("./proto/engine_pb") as Pick<Sdk, "RequirePulumiVersionRequest">),
    ...(ofSdk("@grpc/grpc-js") as Pick<Sdk, "credentials" | "Metadata">),
  };
}
