export type {
  ByteRange,
  FileInfo,
  FileType,
  OperationOptions,
  SaveOptions,
  Storage,
  StorageFile,
  Traffic,
} from "./storage.js";
export {
  cacheSize,
  defaultCacheDirectory,
  isOldCache,
  listCaches,
  makeTemporaryCache,
  MAX_CACHE_AGE_DAYS,
  removeCache,
  type CacheInfo,
} from "./cache-directory.js";
export { openCacheFolder, type CacheFolder } from "./cache-folder.js";
export { createCacheStorage, isCacheStorage, type CacheOptions, type CacheStorage } from "./cache-storage.js";
export { systemClock, type Clock } from "./clock.js";
export { createConcurrencyStorage } from "./concurrency-storage.js";
export { joinBytes } from "./bytes.js";
export { throwIfCancelled } from "./cancellation.js";
export { extendedOptionsOf, parseConnections, type ExtendedOptions } from "./extended-options.js";
export { Gate } from "./gate.js";
export { describeFile, folderOf, isObjectName, packFolder, pathOf, repositoryFolders } from "./layout.js";
export { startProgram, type Program, type ProgramEnd, type ProgramOptions } from "./program.js";
export { proxyAgent } from "./proxy-agent.js";
export { proxyFor, proxySettingsFrom, type Destination, type ProxySettings } from "./proxy.js";
export { checkLength, checkRange, checkWithin, maximumLoadLength } from "./range.js";
export { splitShellWords } from "./shell-words.js";
export { syncFile, syncFolder } from "./local-sync.js";
export { fileError, hasSystemCode, storageError } from "./system-error.js";
export { createLocalStorage, type LocalStorageOptions } from "./local-storage.js";
export { createMemoryStorage } from "./memory-storage.js";
export { createReadOnlyStorage } from "./read-only-storage.js";
export { createFaultStorage, type Fault, type FaultPlan, type StorageOperation } from "./fault-storage.js";
export { createLimitStorage, type LimitOptions } from "./limit-storage.js";
export { createRetryStorage, type RetryNotice, type RetryOptions } from "./retry-storage.js";
export { createWatchdogStorage, type WatchdogOptions } from "./watchdog-storage.js";
