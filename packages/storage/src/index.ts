export type {
  ByteRange,
  FileInfo,
  FileType,
  OperationOptions,
  SaveOptions,
  Storage,
  StorageFile,
} from "./storage.js";
export { describeFile, folderOf, isObjectName, pathOf } from "./layout.js";
export { checkLength, checkRange, checkWithin, maximumLoadLength } from "./range.js";
export { joinBytes } from "./bytes.js";
export { throwIfCancelled } from "./cancellation.js";
export { createLocalStorage, type LocalStorageOptions } from "./local-storage.js";
export { createMemoryStorage } from "./memory-storage.js";
export { createReadOnlyStorage } from "./read-only-storage.js";
export { createFaultStorage, type Fault, type FaultPlan, type StorageOperation } from "./fault-storage.js";
