export { DATA, PACK, TREE } from "./blob-entry.js";
export type { BlobLocation, EntryKind } from "./blob-entry.js";
export { BlobIndex } from "./blob-index.js";
export { BlobLoader, planReads } from "./blob-loader.js";
export type { PackRange, ReadLimits } from "./blob-loader.js";
export { BlobReader } from "./blob-reader.js";
export type { BlobReaderSettings } from "./blob-reader.js";
export { INDEX_FULL_AGE_MS, INDEX_FULL_BLOBS } from "./index-files.js";
export type { IndexLoadOptions } from "./index-files.js";
export { currentUser, describeKey, listKeyIds } from "./keys.js";
export type { KeyInfo, KeyOwner } from "./keys.js";
export { copyBlobs } from "./copy-blobs.js";
export type { CopiedBlobs, CopyBlobsOptions } from "./copy-blobs.js";
export type { HeldLock } from "./held-lock.js";
export type { LockOptions } from "./locks.js";
export { executePrune } from "./prune/execute-prune.js";
export type { ExecuteOptions } from "./prune/execute-prune.js";
export type { UsedBlobs } from "./prune/blob-use.js";
export { checkPruneLimits, planPrune } from "./prune/plan-prune.js";
export type { PlanOptions, PrunePlan } from "./prune/plan-prune.js";
export type { IndexFile } from "./prune/rewrite-index.js";
export type {
  PruneEvent,
  PruneLimits,
  PruneObserver,
  PrunePhase,
  PruneStats,
  PruneSummary,
  UnusedLimit,
} from "./prune/prune-types.js";
export { readLocks, removeLocks } from "./read-locks.js";
export type { LockStore, StoredLock } from "./read-locks.js";
export { isDamage } from "./repair/damage.js";
export { repairFrom } from "./repair/repair-from.js";
export type { KnownDamage, RepairedFrom, RepairFromOptions } from "./repair/repair-from.js";
export type { NamedBlob } from "./repair/damaged-packs.js";
export { repairIndex } from "./repair/repair-index.js";
export type { RepairIndexOptions } from "./repair/repair-index.js";
export { repairPacks } from "./repair/repair-packs.js";
export type { RepairPacksOptions } from "./repair/repair-packs.js";
export type { RepairEvent, RepairOptions, RepairPhase } from "./repair/repair-types.js";
export type { SharedBlobIndex } from "./shared-index.js";
export { isStale } from "./stale-locks.js";
export { MAX_BLOB_LENGTH, openBlob } from "./pack-files.js";
export type { BlobOpener } from "./pack-files.js";
export { PackTable } from "./pack-table.js";
export { Packer } from "./packer.js";
export type { FinishedPack, PackedBlob, PackerSettings } from "./packer.js";
export { DEFAULT_PACK_SIZE, MAX_PACK_SIZE, MIN_PACK_SIZE } from "./repository-options.js";
export type { InitOptions, OpenOptions, RepositoryOptions } from "./repository-options.js";
export { releaseMemory } from "@tastic/crypto";
export { Repository } from "./repository.js";
export { readSealed } from "./sealed-blobs.js";
export type { SealedStretch, WantedPack } from "./sealed-blobs.js";
export { RepositoryWriter, packsAtOnce } from "./writer.js";
export type { WriterOptions } from "./writer.js";
