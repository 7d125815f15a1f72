/** The first part of every secret's name, unless `tenants:secretPrefix` says otherwise. */
export const defaultSecretPrefix = "resistant-tenants";

/**
 * Gives the name of the secret of an application: `<secretPrefix>/<stage>/<customer>/<cell>/<purpose>`.
 *
 * @param slot the application's resource name, of the first generation: `<customer>/<cell>/<purpose>`
 */
export function secretNameOf(secretPrefix: string, stage: string, slot: string): string {
  return `${secretPrefix}/${stage}/${slot}`;
}
