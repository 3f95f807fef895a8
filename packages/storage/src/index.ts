export type { ByteRange, FileInfo, FileType, OperationOptions, Storage, StorageFile } from "./storage.js";
export { describeFile, isObjectName, pathOf, repositoryFolders } from "./layout.js";
export { syncFile, syncFolder } from "./local-sync.js";
export { fileError, hasSystemCode, storageError } from "./system-error.js";
export { maximumLoadLength } from "./range.js";
export { createLocalStorage, type LocalStorageOptions } from "./local-storage.js";
export { createMemoryStorage } from "./memory-storage.js";
export { createReadOnlyStorage } from "./read-only-storage.js";
export { createFaultStorage, type Fault, type FaultPlan, type StorageOperation } from "./fault-storage.js";
