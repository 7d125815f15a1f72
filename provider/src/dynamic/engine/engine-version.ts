import { createRequire } from "node:module";

import type { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { RequirePulumiVersionRequest } from "@pulumi/pulumi/proto/engine_pb";

import { isProviderOfEngine } from "./engine-watch";

/** The modules of the SDK with which a provider calls its engine. */
interface Sdk {
  EngineClient: typeof EngineClient;
  RequirePulumiVersionRequest: typeof RequirePulumiVersionRequest;
  credentials: { createInsecure: () => ConstructorParameters<typeof EngineClient>[1] };
}

/** No engine is older than its first version. */
const impossible = "<0.0.1";

/**
 * Returns the version of the engine that runs this provider. The engine has no call that returns it, but it refuses a required
 * version and names its own. `pulumi version` would start the whole CLI, and perhaps another one.
 *
 * @throws if the engine names none, or this process is no provider of an engine
 */
export async function askEngineVersion(): Promise<string> {
  const address = process.argv[2];
  if (!isProviderOfEngine() || address === undefined) throw new Error("This process has no engine.");
  const sdk = loadSdk();
  const client = new sdk.EngineClient(address, sdk.credentials.createInsecure());
  try {
    const request = new sdk.RequirePulumiVersionRequest();
    request.setPulumiVersionRange(impossible);
    const refusal = await new Promise<string>((resolve) => {
      client.requirePulumiVersion(request, (error) => {
        resolve(error?.details ?? "");
      });
    });
    const version = /^Pulumi CLI version (\S+) does not satisfy/.exec(refusal)?.[1];
    if (version === undefined) throw new Error(`The engine did not name its version: ${refusal}`);
    return version;
  } finally {
    client.close();
  }
}

/** A client of one copy of gRPC does not accept another copy's credentials: all come from the SDK. */
function loadSdk(): Sdk {
  const ofSdk = createRequire(require.resolve("@pulumi/pulumi/package.json"));
  return {
    ...(ofSdk("./proto/engine_grpc_pb") as Pick<Sdk, "EngineClient">),
    ...(ofSdk("./proto/engine_pb") as Pick<Sdk, "RequirePulumiVersionRequest">),
    ...(ofSdk("@grpc/grpc-js") as Pick<Sdk, "credentials">),
  };
}
