import { createPrivateKey } from "node:crypto";
import Table from "cli-table3";

import {
  createTransport,
  defaultRetryPolicy,
  OrganizationTokens,
  signerFor,
  TenantManagementApi,
} from "../provider/src/client";
import { startTenantManagement } from "../sandbox/api";

/**
 * Measures how close the client comes to a rate limit that it is not told: 100 tenants with one application each are
 * made by 16 callers at once, for each form of `Retry-After`. The time is compared with what the limit itself allows.
 *
 *   npm run bench:limit
 */
const limit = { perSecond: 10, burst: 15 };
const customers = 100;
const callers = 16;
const idealS = (2 * customers - limit.burst) / limit.perSecond;

interface Measurement {
  seconds: number;
  sent: number;
  refused: number;
}

async function measure(retryAfter: "seconds" | "date" | "absent"): Promise<Measurement> {
  const sandbox = await startTenantManagement({ rateLimit: { ...limit, retryAfter }, quota: customers });
  const { apiUrl, tokenUrl, clientId, keyId, privateKeyPem, control } = sandbox;
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
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: callers }, makeCustomers));
    const seconds = (performance.now() - startedAt) / 1000;
    const requests = control.requestLog().filter(({ operation }) => operation !== "token");
    return {
      seconds,
      sent: requests.length,
      refused: requests.filter(({ status }) => status === 429).length,
    };
  } finally {
    await api.close();
    await sandbox.close();
  }
}

async function main(): Promise<void> {
  const table = new Table({
    head: ["Retry-After", "time (s)", "the limit allows (s)", "longer by", "requests", "429", "share of 429"],
  });
  for (const retryAfter of ["seconds", "date", "absent"] as const) {
    const { seconds, sent, refused } = await measure(retryAfter);
    table.push([
      retryAfter,
      seconds.toFixed(2),
      idealS.toFixed(2),
      `${((seconds / idealS - 1) * 100).toFixed(1)} %`,
      sent,
      refused,
      `${((refused / sent) * 100).toFixed(2)} %`,
    ]);
  }
  console.log(table.toString());
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
