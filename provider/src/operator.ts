/** What tools for operators share with the resources. It loads neither the engine's SDK nor a resource. */
export { connect } from "./connect";
export { actor } from "./dynamic/actor";
export { assertSameEnvironment } from "./dynamic/environment";
export { sameMembers } from "./dynamic/inputs";
export { clockToleranceMs } from "./dynamic/lost-tenant";
export { needsConfiguredKey } from "./dynamic/organization-key";
export {
  releasedType,
  secretType,
  secretVersionType,
  signingKeyType,
  tenantApplicationType,
  tenantType,
} from "./resource-types";
export { otherStackNames } from "./former-stacks";
export { nameOfUrn } from "./urn";
export { reasonForChange } from "./reason";
export { provenance } from "./provenance";
