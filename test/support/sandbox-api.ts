import { createPrivateKey } from "node:crypto";

import { TenantManagementApi } from "../../provider/src/client/api";
import { signerFor } from "../../provider/src/client/assertion";
import { OrganizationTokens } from "../../provider/src/client/organization-token";
import { createTransport, type TransportLimits } from "../../provider/src/client/transport";
import type { StartOptions, TenantManagementSandbox } from "../../sandbox/api";
import { useSandbox } from "../sandbox/api/client";
import { recordedRetries } from "./retry-policy";

/** A client of a sandbox. */
export interface SandboxApi {
  sandbox: () => TenantManagementSandbox;
  api: () => TenantManagementApi;
  /** The waits between attempts of this test, in milliseconds. */
  waits: number[];
}

/** How a client differs from the one that the sandbox expects. */
export interface ClientChange {
  privateKeyPem?: string;
  clientId?: string;
  keyId?: string;
}

/** Creates the source of a sandbox's tokens. */
export function tokensOf(
  { tokenUrl, clientId, privateKeyPem, keyId }: TenantManagementSandbox,
  transport: ReturnType<typeof createTransport>,
  change: ClientChange = {},
): OrganizationTokens {
  return new OrganizationTokens(
    {
      tokenUrl,
      clientId: change.clientId ?? clientId,
      keyId: change.keyId ?? keyId,
      sign: signerFor(createPrivateKey(change.privateKeyPem ?? privateKeyPem)),
    },
    transport,
    recordedRetries().policy,
  );
}

/** Starts a sandbox and a client of it before the tests of a suite. Faults and counts are reset for each test. */
export function useSandboxApi(options: StartOptions = {}, limits: TransportLimits = {}): SandboxApi {
  const sandbox = useSandbox(options);
  const { policy, waits } = recordedRetries();
  let api: TenantManagementApi | undefined;
  before(() => {
    const transport = createTransport(limits);
    const { apiUrl } = sandbox();
    api = new TenantManagementApi({
      stage: options.stage ?? "testing",
      apiUrl,
      tokens: tokensOf(sandbox(), transport),
      transport,
      retryPolicy: policy,
    });
  });
  beforeEach(() => {
    waits.length = 0;
    sandbox().control.clearFaults();
    sandbox().control.resetRequests();
  });
  after(() => api?.close());
  return {
    sandbox,
    api: () => {
      if (api === undefined) throw new Error("the client is used outside of a test");
      return api;
    },
    waits,
  };
}
