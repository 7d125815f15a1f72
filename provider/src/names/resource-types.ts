/** The types of this package's resources, as they stand in every state that holds one. */
export const tenantType = "pulumi-nodejs:dynamic/resistant:Tenant";
export const tenantApplicationType = "pulumi-nodejs:dynamic/resistant:TenantApplication";
export const signingKeyType = "pulumi-nodejs:dynamic/resistant:SigningKey";
export const releasedType = "pulumi-nodejs:dynamic/resistant:Released";

/** The type of the AWS provider's secrets. */
export const secretType = "aws:secretsmanager/secret:Secret";

/** The type of their versions. */
export const secretVersionType = "aws:secretsmanager/secretVersion:SecretVersion";

/** Gives the type in a URN, without those of its parents. */
export function typeOfUrn(urn: string): string {
  return (urn.split("::")[2] ?? "").split("$").at(-1) ?? "";
}

/** Gives the resource name at the end of a URN. */
export function nameOfUrn(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}
