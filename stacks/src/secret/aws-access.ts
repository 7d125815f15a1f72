import type { SecretsManager } from "pulumi-resistant-tenants/internal/aws-secret";
import type { Aws } from "pulumi-resistant-tenants/internal/reach";

/**
 * Asks Secrets Manager as the stack's AWS provider does.
 *
 * @throws what AWS answers, and where the provider reaches AWS in a way that is not followed
 */
export async function askAws<T>(aws: Aws, ask: (secrets: SecretsManager) => Promise<T>): Promise<T> {
  // The SDK is loaded where there is something to ask.
  const { SecretsManager } = await import("pulumi-resistant-tenants/internal/aws-secret");
  const secrets = new SecretsManager(aws);
  try {
    return await ask(secrets);
  } finally {
    secrets.close();
  }
}
