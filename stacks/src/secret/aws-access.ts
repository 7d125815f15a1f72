import type { SecretsManager } from "pulumi-resistant-tenants/internal/aws-secret";
import type { Aws } from "pulumi-resistant-tenants/internal/reach";

/**
 * Calls Secrets Manager as the stack's AWS provider does.
 *
 * @throws AWS's error, or an error if the provider's access to AWS is not supported here
 */
export async function askAws<T>(aws: Aws, ask: (secrets: SecretsManager) => Promise<T>): Promise<T> {
  // The SDK is loaded only if it is needed.
  const { SecretsManager } = await import("pulumi-resistant-tenants/internal/aws-secret");
  const secrets = new SecretsManager(aws);
  try {
    return await ask(secrets);
  } finally {
    secrets.close();
  }
}
