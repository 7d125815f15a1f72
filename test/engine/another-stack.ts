import { createTransport, TenantManagementApi } from "../../provider/src/client";
import { recordedRetries } from "../support/retry-policy";
import { tokensOf } from "../support/sandbox-api";
import type { StackUnderTest } from "./engine";

/** Calls the API beside a stack, as the same organization. */
export async function asAnotherStack<T>(
  { sandbox }: StackUnderTest,
  call: (api: TenantManagementApi) => Promise<T>,
): Promise<T> {
  const transport = createTransport();
  const { apiUrl } = sandbox;
  const { policy: retryPolicy } = recordedRetries();
  const tokens = tokensOf(sandbox, transport);
  const api = new TenantManagementApi({ stage: "testing", apiUrl, tokens, transport, retryPolicy });
  try {
    return await call(api);
  } finally {
    await api.close();
  }
}
