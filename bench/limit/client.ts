import { createPrivateKey } from "node:crypto";

import {
  createTransport,
  defaultRetryPolicy,
  OrganizationTokens,
  signerFor,
  TenantManagementApi,
} from "../../provider/src/client";
import { startTenantManagement } from "../../sandbox/api";
import { measured, type Measurement, type RetryAfter, runBenchmark, settingsFor } from "./measurement";

/**
 * Measures how close the client comes to a rate limit that it does not know: tenants with one application each are
 * created by as many simultaneous callers as the engine has, for each form of `Retry-After`.
 *
 *   npm run bench:limit -- [seconds|date|absent]
 */
const callers = 16;
const customers = 100;

async function measure(retryAfter: RetryAfter): Promise<Measurement> {
  const sandbox = await startTenantManagement(settingsFor(customers, retryAfter));
  const { apiUrl, tokenUrl, clientId, keyId, privateKeyPem } = sandbox;
  const transport = createTransport();
  const sign = signerFor(createPrivateKey(privateKeyPem));
  const api = new TenantManagementApi({
    stage: "testing",
    apiUrl,
    tokens: new OrganizationTokens({ tokenUrl, clientId, keyId, sign }, transport, defaultRetryPolicy),
    transport,
    retryPolicy: defaultRetryPolicy,
  });
  try {
    let made = 0;
    const makeCustomers = async (): Promise<void> => {
      while (made < customers) {
        made += 1;
        const { tenantId } = await api.createTenant({ name: `customer${made}` });
        await api.createApplication(tenantId, {
          cell: "eu-1",
          scopes: ["documents.submissions.read"],
          authentication: { type: "CLIENT_SECRET" },
        });
      }
    };
    return await measured(sandbox, retryAfter, () =>
      Promise.all(Array.from({ length: callers }, makeCustomers)),
    );
  } finally {
    await api.close();
    await sandbox.close();
  }
}

runBenchmark(customers, ["seconds", "date", "absent"], measure);
