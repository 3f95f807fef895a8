export { createRestServer, defaultPolicy, type RestServer, type RestServerOptions } from "./server.js";
export { listen, passedOnSockets, type ListenOptions, type Listening, type Timeouts } from "./listen.js";
export { TlsFiles, type TlsFilesOptions } from "./tls.js";
export type { HttpSettings } from "./http/settings.js";
export type { Policy } from "./http/exchange.js";
export {
  createLocalRepositories,
  localModes,
  type LocalRepositoriesOptions,
} from "./stores/local-repositories.js";
export { createStorageRepositories, type StorageRepositoriesOptions } from "./stores/storage-repositories.js";
export type {
  ListOptions,
  ObjectFacts,
  ObjectReader,
  ObjectStore,
  ObjectWriter,
  Repositories,
  Trash,
  TrashedObject,
} from "./stores/object-store.js";
export type { Account, AccountPolicy } from "./accounts/account.js";
export { Accounts, type AccountsOptions, type Provision } from "./accounts/accounts.js";
export {
  createMemoryDocuments,
  updateDocument,
  type DocumentStore,
  type StoredDocument,
} from "./accounts/documents.js";
export { createLocalDocuments } from "./accounts/local-documents.js";
export {
  BasicAuthentication,
  type BasicAuthenticationOptions,
  type Credential,
} from "./auth/basic-authentication.js";
export { noAuthentication, type Authenticator, type Identity } from "./auth/identity.js";
export { namesTag } from "./http/conditions.js";
export { parseRange, type RangeAnswer } from "./http/byte-range.js";
export { refusal, refusalOf, type Answer } from "./http/refusal.js";
export { hasBody, sendEmpty, sendRefusal, sendText, sendUnchanged, writePiece } from "./http/respond.js";
export type { Authentication } from "./auth/authentication.js";
export { HtpasswdFile, parseHtpasswd } from "./auth/htpasswd.js";
export { Passwords } from "./auth/passwords.js";
export { clientAddress } from "./http/client-address.js";
export { LoginThrottle, type ThrottleOptions } from "./auth/login-throttle.js";
export { OperatorApi, repositoryFolders, type OperatorOptions } from "./operations/operator-api.js";
export { createAuditDocuments } from "./operations/audit-documents.js";
export { createAuditFile } from "./operations/audit-file.js";
export type { AuditEntry, AuditLog } from "./operations/audit-log.js";
export { createJsonLog, createTextLog, silentLog, type Log } from "./operations/log.js";
export type { DamagedObject, Scrub, ScrubState } from "./operations/scrub.js";
export type {
  FoundInTrash,
  RestoredFromTrash,
  RestoreOptions,
  TrashKeeper,
  TrashSelection,
} from "./operations/trash-keeper.js";
export type { Stored } from "./operations/reservation.js";
export type { Eraser } from "./operations/eraser.js";
export type { DiskReserveOptions } from "./operations/disk-reserve.js";
export type { UsageLedger } from "./operations/usage.js";
