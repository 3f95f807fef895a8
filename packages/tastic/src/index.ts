/**
 * tastic as a library: restic repositories, without restic.
 *
 * ```ts
 * import { Repository, backup, createLocalStorage } from "tastic";
 *
 * const storage = createLocalStorage("/srv/backups");
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
 * }
 * ```
 */
export { TasticError, isTasticError, type ErrorCode, type ErrorDetails } from "@tastic/errors";
export type {
  BlobId,
  Id,
  IndexId,
  KeyId,
  LockId,
  Node,
  PackId,
  RepositoryConfig,
  Snapshot,
  SnapshotId,
  SnapshotSummary,
} from "@tastic/format";
export {
  createLocalStorage,
  createMemoryStorage,
  createReadOnlyStorage,
  type LocalStorageOptions,
  type Storage,
} from "@tastic/storage";
export {
  Repository,
  removeLocks,
  repairIndex,
  repairPacks,
  type HeldLock,
  type InitOptions,
  type LockOptions,
  type OpenOptions,
  type PruneEvent,
  type PruneLimits,
  type PruneStats,
  type PruneSummary,
  type RepairEvent,
  type RepairIndexOptions,
  type RepairPacksOptions,
  type RepositoryOptions,
  type UnusedLimit,
} from "@tastic/repository";
export * from "@tastic/snapshots";
