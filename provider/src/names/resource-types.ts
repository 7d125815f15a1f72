/** The types of this package's resources, as in every existing state. */
export const tenantType = "pulumi-nodejs:dynamic/resistant:Tenant";
export const tenantApplicationType = "pulumi-nodejs:dynamic/resistant:TenantApplication";
export const signingKeyType = "pulumi-nodejs:dynamic/resistant:SigningKey";
export const releasedType = "pulumi-nodejs:dynamic/resistant:Released";

/** The component of a customer, in the stacks of this project. */
export const customerType = "resistant:index:Customer";

/** The type of the AWS provider's secrets. */
export const secretType = "aws:secretsmanager/secret:Secret";

/** The type of their versions. */
export const secretVersionType = "aws:secretsmanager/secretVersion:SecretVersion";

/**
 * Returns the type in a URN, without those of its parents.
 *
 * @see the engine: `urn:pulumi:<stack>::<project>::<type of the parent>$<type>::<name>`
 */
export function typeOfUrn(urn: string): string {
  return (urn.split("::")[2] ?? "").split("$").at(-1) ?? "";
}

/** Returns the resource name at the end of a URN. */
export function nameOfUrn(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}
