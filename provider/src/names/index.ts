/** The API's terms and the names in a state. It loads neither the engine's SDK nor network code. */
export { type Cell, cells, rowOfStage, type Stage, stages, stageTable, widestStage } from "../client/cells";
export { canonical, parseJson } from "../client/json";
export { looksLikeCredential } from "../client/redaction";
export { readPrivateKey } from "../client/pem";
export { messageOf, printable } from "../client/text";
export { groupBy } from "../group-by";
export { oncePer } from "../once-per";
export {
  isSamePublicKey,
  parsePublicKey,
  type PublicKey,
  type PublicKeyNumbers,
  readPublicKey,
  visible,
} from "../client/public-key";
export {
  algorithmOf,
  type AuthMethod,
  authMethods,
  defaultAuthMethod,
  hasKey,
  hasSecret,
  type SignatureAlgorithm,
  smallestModulusBits,
} from "../client/auth-methods";
export { type DocumentsScope, documentsScopes } from "../client/schemas";
export {
  type ApplicationName,
  customerOf,
  defaultSecretPrefix,
  generationName,
  generationOf,
  readApplicationName,
  secretNameOf,
  slotName,
  slotOf,
} from "./resource-name";
export { fleetBitsIn, fleetStackOf, fleetStacks, mostFleetBits } from "./fleet";
export { nameOfUrn, signingKeyType, tenantApplicationType, tenantType, typeOfUrn } from "./resource-types";
export { describeDeletion, typedCommand } from "./wording";
