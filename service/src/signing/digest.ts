import { hashOf } from "pulumi-resistant-tenants/internal/journal";
import { canonical } from "pulumi-resistant-tenants/internal/vocabulary";

/** Returns `sha256:<hex>` of a value, whatever the order of its keys. */
export function digestOf(value: unknown): string {
  return hashOf(canonical(value));
}
