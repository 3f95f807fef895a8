/**
 * tastic as a library: restic repositories, without restic.
 *
 * ```ts
 * import { Repository, backup, openStorage } from "tastic";
 *
 * const storage = await openStorage("/srv/backup");
 * const repository = await Repository.open(storage, { password: "secret" });
 * const lock = await repository.lock({ exclusive: false });
 * try {
 *   await repository.loadIndex();
 *   const { snapshotId } = await backup(repository, {
 *     targets: ["/home"],
 *     programVersion: "my program 1.0",
 *     onEvent: (event) => event.type === "error" && console.error(event.path, event.message),
 *   });
 *   console.log(snapshotId);
 * } finally {
 *   await lock.release();
 *   await storage.close();
 * }
 * ```
 *
 * What takes long has a `signal` that ends it (with the error `cancelled`) and tells by `onEvent` or `onProgress` how far it
 * is. What goes wrong for good is a {@link TasticError} with a stable `code`; what goes wrong on the way, such as a file
 * that cannot be read, is an event, and counted in the result.
 *
 * @module tastic
 */
export { TasticError, isTasticError, type ErrorCode, type ErrorDetails } from "@tastic/errors";
export {
  decodeName,
  encodeName,
  formatFileMode,
  formatTime,
  isId,
  parseId,
  parseTime,
  quoteName,
  shortId,
  type BlobId,
  type BlobType,
  type CompressionMode,
  type ExtendedAttribute,
  type Id,
  type IndexId,
  type KeyId,
  type LockId,
  type Node,
  type NodeType,
  type PackId,
  type RepositoryConfig,
  type RepositoryVersion,
  type Snapshot,
  type SnapshotId,
  type SnapshotSummary,
} from "@tastic/format";
export {
  createCacheStorage,
  createLocalStorage,
  createMemoryStorage,
  createReadOnlyStorage,
  defaultCacheDirectory,
  openCacheFolder,
  type ByteRange,
  type CacheFolder,
  type CacheOptions,
  type CacheStorage,
  type FileInfo,
  type FileType,
  type LocalStorageOptions,
  type OperationOptions,
  type RetryNotice,
  type SaveOptions,
  type Storage,
  type StorageFile,
  type Traffic,
} from "@tastic/storage";
export {
  describeKey,
  listKeyIds,
  Repository,
  removeLocks,
  repairFrom,
  repairIndex,
  repairPacks,
  type CopiedBlobs,
  type HeldLock,
  type IndexLoadOptions,
  type InitOptions,
  type KeyInfo,
  type KeyOwner,
  type KnownDamage,
  type LockOptions,
  type LockStore,
  type NamedBlob,
  type OpenOptions,
  type PruneEvent,
  type PruneLimits,
  type PruneObserver,
  type PrunePhase,
  type PruneStats,
  type PruneSummary,
  type RepairedFrom,
  type RepairEvent,
  type RepairFromOptions,
  type RepairIndexOptions,
  type RepairOptions,
  type RepairPacksOptions,
  type RepairPhase,
  type RepositoryOptions,
  type UnusedLimit,
} from "@tastic/repository";
export * from "@tastic/snapshots";
export { openStorage, type StorageOptions } from "./stores/open-storage.js";
