/** Code that tools for operators share with the resources. It loads neither the engine's SDK nor a resource. */
export { connect } from "./connect";
export { actor } from "../settings/actor";
export { assertSameEnvironment } from "../settings/same-environment";
export { sameMembers } from "../client/as-asked";
export { clockToleranceMs } from "../client/server-clock";
export { needsConfiguredKey } from "./key";
export {
  nameOfUrn,
  releasedType,
  secretType,
  secretVersionType,
  signingKeyType,
  tenantApplicationType,
  tenantType,
} from "../names/resource-types";
export { otherStackNames } from "../names/slot";
export { reasonForChange } from "../settings/reason";
export { provenance } from "./provenance";
