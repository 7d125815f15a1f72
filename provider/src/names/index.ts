/** The words of the API and the names in a state. It loads neither the engine's SDK nor what talks to the network. */
export { type Cell, cells, rowOfStage, type Stage, stages, stageTable, widestStage } from "../client/cells";
export { messageOf, printable } from "../client/errors";
export {
  isSamePublicKey,
  parsePublicKey,
  type PublicKey,
  type PublicKeyNumbers,
  readPublicKey,
} from "../client/public-key";
export {
  algorithmOf,
  type AuthMethod,
  authMethods,
  defaultAuthMethod,
  hasKey,
  type SignatureAlgorithm,
} from "../client/auth-methods";
export { type DocumentsScope, documentsScopes } from "../client/schemas";
export { describeDeletion } from "./deletion-date";
export { signingKeyType, tenantApplicationType, tenantType } from "./resource-types";
export {
  type ApplicationName,
  customerOf,
  generationName,
  generationOf,
  readApplicationName,
  slotName,
  slotOf,
} from "./resource-name";
export { defaultSecretPrefix, secretNameOf } from "./secret-name";
export { typedCommand } from "./typed-command";
export { nameOfUrn, typeOfUrn } from "./urn";
