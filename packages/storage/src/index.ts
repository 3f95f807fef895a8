export type {
  ByteRange,
  FileInfo,
  FileType,
  OperationOptions,
  SaveOptions,
  Storage,
  StorageFile,
} from "./storage.js";
export { joinBytes } from "./bytes.js";
export { throwIfCancelled } from "./cancellation.js";
export { extendedOptionsOf, parseConnections, type ExtendedOptions } from "./extended-options.js";
export { Gate } from "./gate.js";
export { describeFile, folderOf, isObjectName, packFolder, pathOf, repositoryFolders } from "./layout.js";
export { startProgram, type Program, type ProgramEnd, type ProgramOptions } from "./program.js";
export { checkLength, checkRange, checkWithin, maximumLoadLength } from "./range.js";
export { splitShellWords } from "./shell-words.js";
export { syncFile, syncFolder } from "./local-sync.js";
export { fileError, hasSystemCode, storageError } from "./system-error.js";
export { createLocalStorage, type LocalStorageOptions } from "./local-storage.js";
export { createMemoryStorage } from "./memory-storage.js";
export { createReadOnlyStorage } from "./read-only-storage.js";
export { createFaultStorage, type Fault, type FaultPlan, type StorageOperation } from "./fault-storage.js";
